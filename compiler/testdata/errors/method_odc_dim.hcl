# A memory for features of another size.
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
  memory {
    length   = 7
    feat_dim = 4 # ERROR: Shape mismatch
  }
}

dataset "train" {
  view {
    count = 1
    crop { size = 9 }
  }
}
