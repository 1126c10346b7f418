# A head without crops.
extends = ["base/base.hcl"]

algorithm "swav" { # ERROR: Unsuitable head
  backbone "resnet" {
    depth         = 10
    num_stages    = 1
    base_channels = 2
    stem_channels = 2
    out_indices   = [1]
  }
  neck "swav" {}
  head "contrastive" {}
}
