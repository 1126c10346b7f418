# Three classifiers for two maps.
extends = ["base/base.hcl"]

algorithm "classification" {
  backbone "resnet" {
    out_indices = [1, 2]
  }
  head "multi_cls" {
    in_indices = [0, 1, 2] # ERROR: Shape mismatch
  }
}

dataset "train" {
  view { count = 1 }
}
