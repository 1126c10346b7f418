# A head for another number of places.
extends = ["base/base.hcl"]

algorithm "relative_loc" {
  backbone "resnet" {
    depth         = 10
    num_stages    = 1
    base_channels = 2
    stem_channels = 2
    out_indices   = [1]
  }
  neck "relative_loc" { out_channels = 4 }
  head "cls" {
    num_classes = 9 # ERROR: Wrong number of classes
  }
}

dataset "train" {
  view {
    count = 1
    crop { size = 9 }
  }
}
