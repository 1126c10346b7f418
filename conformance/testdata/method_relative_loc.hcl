extends = ["methods.hcl"]

algorithm "relative_loc" {
  backbone "resnet" {
    depth         = 10
    num_stages    = 2
    base_channels = 4
    stem_channels = 4
    stem          = "small"
    out_indices   = [2]
  }
  neck "relative_loc" { out_channels = 16 }
  head "cls" { num_classes = 8 }
}

dataset "train" {
  view {
    count = 1
    random_resized_crop { size = 15 }
    random_patches { jitter = 1 }
    normalize {
      mean = [0.5, 0.5, 0.5]
      std  = [0.2, 0.2, 0.2]
    }
  }
}
