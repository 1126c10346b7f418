# Fewer views than crops.
extends = ["base/base.hcl"]

algorithm "swav" {
  backbone "resnet" {
    depth         = 10
    num_stages    = 1
    base_channels = 2
    stem_channels = 2
    out_indices   = [1]
  }
  neck "swav" {}
  head "swav" {
    num_crops = [2, 4]
  }
}

dataset "train" {
  view {
    count = 2 # ERROR: Wrong number of views
    crop { size = 8 }
  }
}
