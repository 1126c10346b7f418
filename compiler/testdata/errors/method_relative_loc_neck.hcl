# A neck for features of another size: those of one patch have 2 numbers.
extends = ["base/base.hcl"]

algorithm "relative_loc" {
  backbone "resnet" {
    depth         = 10
    num_stages    = 1
    base_channels = 2
    stem_channels = 2
    out_indices   = [1]
  }
  neck "relative_loc" {
    in_channels  = 4 # ERROR: Shape mismatch
    out_channels = 4
  }
  head "cls" { num_classes = 8 }
}

dataset "train" {
  view {
    count = 1
    crop { size = 9 }
  }
}
