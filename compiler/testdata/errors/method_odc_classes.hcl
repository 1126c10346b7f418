# A memory for other clusters than the head has.
extends = ["base/base.hcl"]

algorithm "odc" { # ERROR: Wrong number of classes
  extractor = "train"
  backbone "resnet" {
    depth         = 10
    num_stages    = 1
    base_channels = 2
    stem_channels = 2
    out_indices   = [1]
  }
  neck "odc" {
    hid_channels = 4
    out_channels = 3
  }
  head "cls" {
    num_classes = 7
  }
  memory {
    length      = 7
    feat_dim    = 3
    num_classes = 6
  }
}

dataset "train" {
  view {
    count = 1
    crop { size = 9 }
  }
}
