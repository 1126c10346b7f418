# A neck that joins nothing.
extends = ["base/base.hcl"]

algorithm "swav" {
  backbone "resnet" {
    depth         = 10
    num_stages    = 1
    base_channels = 2
    stem_channels = 2
    out_indices   = [1]
  }
  neck "linear" { out_channels = 4 } # ERROR: Unsuitable neck
  head "swav" { num_crops = [2, 1] }
}

dataset "train" {
  view {
    count = 2
    crop { size = 8 }
  }
  view {
    crop { size = 4 }
  }
}
