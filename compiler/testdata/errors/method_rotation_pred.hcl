# A head for ImageNet's thousand classes.
extends = ["base/base.hcl"]

algorithm "rotation_pred" {
  backbone "resnet" {
    depth         = 10
    num_stages    = 1
    base_channels = 2
    stem_channels = 2
    out_indices   = [1]
  }
  head "cls" {
    with_avg_pool = true
    num_classes   = 1000 # ERROR: Wrong number of classes
  }
}

dataset "train" {
  view {
    count = 1
    crop { size = 9 }
  }
}
