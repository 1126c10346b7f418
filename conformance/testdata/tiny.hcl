# A network small enough to train in a test, and every kind of block. No file is read; the tests feed the batches.

pipeline "tiny" {
  seed = 3
}

algorithm "simclr" {
  backbone "resnet" {
    depth         = 10
    num_stages    = 2
    base_channels = 4
    stem_channels = 4
    stem          = "small"
    out_indices   = [2]
  }
  neck "nonlinear" {
    hid_channels = 16
    out_channels = 8
    with_last_bn = false
  }
  head "contrastive" {
    temperature = 0.2
  }
}

dataset "train" {
  source "image_folder" { data_prefix = "none" }
  view {
    count = 2
    random_resized_crop { size = 8 }
    normalize {
      mean = [0.5, 0.5, 0.5]
      std  = [0.2, 0.2, 0.2]
    }
  }
}

dataset "bank" {
  source "image_folder" { data_prefix = "none" }
  view {
    center_crop { size = 8 }
    normalize {
      mean = [0.5, 0.5, 0.5]
      std  = [0.2, 0.2, 0.2]
    }
  }
}

dataset "test" {
  source "image_folder" { data_prefix = "none" }
  view {
    center_crop { size = 8 }
    normalize {
      mean = [0.5, 0.5, 0.5]
      std  = [0.2, 0.2, 0.2]
    }
  }
}

loader {
  batch_size = 8
}

optimizer "adam" {
  lr = 0.01
}

schedule "cosine" {
  by = "step"
}

train {
  epochs = 30
}

monitor "knn" {
  k = 5
}

evaluate "knn" {
  k = 20
}
