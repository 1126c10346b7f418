# A dataset that is not there.
extends = ["base/base.hcl"]

algorithm "deepcluster" {
  extractor = "trian" # ERROR: Unknown dataset
  backbone "resnet" {
    depth         = 10
    num_stages    = 1
    base_channels = 2
    stem_channels = 2
    out_indices   = [1]
  }
  neck "avg_pool2d" {}
  head "cls" {
    num_classes = 7
  }
}

dataset "train" {
  view {
    count = 1
    crop { size = 9 }
  }
}
