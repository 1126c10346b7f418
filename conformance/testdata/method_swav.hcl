extends = ["methods.hcl"]

algorithm "swav" {
  backbone "resnet" {
    depth         = 10
    num_stages    = 2
    base_channels = 4
    stem_channels = 4
    stem          = "small"
    out_indices   = [2]
  }
  neck "swav" {
    hid_channels = 16
    out_channels = 8
  }
  head "swav" {
    feat_dim           = 8
    num_prototypes     = 6
    num_crops          = [2, 3]
    queue_length       = 8
    epoch_queue_starts = 1
    freeze_prototypes  = 1
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
    count = 3
    random_resized_crop { size = 4 }
    normalize {
      mean = [0.5, 0.5, 0.5]
      std  = [0.2, 0.2, 0.2]
    }
  }
}
