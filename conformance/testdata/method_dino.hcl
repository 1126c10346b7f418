extends = ["methods.hcl"]

algorithm "dino" {
  base_momentum = 0.9
  backbone "resnet" {
    depth         = 10
    num_stages    = 2
    base_channels = 4
    stem_channels = 4
    stem          = "small"
    out_indices   = [2]
  }
  neck "dino" {
    hid_channels        = 16
    bottleneck_channels = 8
    out_channels        = 12
  }
  head "dino" {
    num_crops                  = [2, 1]
    teacher_temp               = 0.07
    warmup_teacher_temp_epochs = 2
  }
}

dataset "train" {
  view {
    count = 2
    random_resized_crop { size = 8 }
    normalize {
      mean = [0.5, 0.5, 0.5]
      std  = [0.2, 0.2, 0.2]
    }
  }
  view {
    count = 1
    random_resized_crop { size = 4 }
    normalize {
      mean = [0.5, 0.5, 0.5]
      std  = [0.2, 0.2, 0.2]
    }
  }
}
