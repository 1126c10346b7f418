# A memory without a length: it is as long as the training set, which is not opened here.
extends = ["base/base.hcl"]

algorithm "odc" {
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
  memory { # ERROR: Missing argument
    feat_dim = 3
  }
}

dataset "train" {
  view {
    count = 1
    crop { size = 9 }
  }
}
