extends = ["methods.hcl"]

algorithm "rotation_pred" {
  backbone "resnet" {
    depth         = 10
    num_stages    = 2
    base_channels = 4
    stem_channels = 4
    stem          = "small"
    out_indices   = [2]
  }
  head "cls" {
    with_avg_pool = true
    num_classes   = 4
  }
}

dataset "train" {
  view {
    count = 1
    random_resized_crop { size = 8 }
    normalize {
      mean = [0.5, 0.5, 0.5]
      std  = [0.2, 0.2, 0.2]
    }
  }
}
