# A small crop among those that the teacher sees.
extends = ["base/base.hcl"]

algorithm "dino" { # ERROR: View sizes differ
  backbone "resnet" {
    depth         = 10
    num_stages    = 1
    base_channels = 2
    stem_channels = 2
    out_indices   = [1]
  }
  neck "dino" {}
  head "dino" { num_crops = [2] }
}

dataset "train" {
  view {
    count = 1
    crop { size = 8 }
  }
  view {
    crop { size = 4 }
  }
}
