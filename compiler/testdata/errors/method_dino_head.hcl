# A head without crops that a teacher sees.
extends = ["base/base.hcl"]

algorithm "dino" { # ERROR: Unsuitable head
  backbone "resnet" {
    depth         = 10
    num_stages    = 1
    base_channels = 2
    stem_channels = 2
    out_indices   = [1]
  }
  neck "dino" {}
  head "swav" {}
}
