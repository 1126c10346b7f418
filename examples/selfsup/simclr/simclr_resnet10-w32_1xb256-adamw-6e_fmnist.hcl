# SimCLR on the 60,000 training images of Fashion-MNIST: a narrow ResNet, a few minutes on two cores.
# No label takes part in training; the evaluations at the end use them.

locals {
  data = env("SSC_DATA", "data/fashion-mnist")
}

pipeline "simclr_fmnist" {
  description = "SimCLR, three-stage ResNet of width 32, Fashion-MNIST"
  seed        = 0
}

algorithm "simclr" {
  backbone "resnet" {
    depth         = 10
    num_stages    = 3
    base_channels = 32
    stem_channels = 32
    stem          = "small"
    stem_kernel   = 5 # 28 pixels become 14, 7 and 4
    stem_stride   = 2
    out_indices   = [3]
  }
  neck "nonlinear" {
    pool_size      = 2 # project four cells of the map, not just its mean
    hid_channels   = 512
    out_channels   = 128
    with_last_bn   = false
    with_last_bias = true
  }
  head "contrastive" {
    temperature = 0.2
  }
}

dataset "train" {
  source "idx" {
    images = "${local.data}/train-images-idx3-ubyte.gz"
  }
  view {
    count = 2
    random_resized_crop {
      size  = 28
      scale = [0.3, 1]
    }
    random_horizontal_flip {}
    random_rotation { degrees = 10 }
    random_applied_trans {
      p = 0.8
      color_jitter {
        brightness = 0.8
        contrast   = 0.8
      }
    }
    gaussian_blur { p = 0.3 }
    random_erasing { p = 0.3 }
    normalize {
      mean = [0.2860]
      std  = [0.3530]
    }
  }
}

# The labelled images of the evaluation.
dataset "bank" {
  source "idx" {
    images = "${local.data}/train-images-idx3-ubyte.gz"
    labels = "${local.data}/train-labels-idx1-ubyte.gz"
  }
  view {
    center_crop { size = 28 }
    normalize {
      mean = [0.2860]
      std  = [0.3530]
    }
  }
}

dataset "test" {
  source "idx" {
    images = "${local.data}/t10k-images-idx3-ubyte.gz"
    labels = "${local.data}/t10k-labels-idx1-ubyte.gz"
  }
  view {
    center_crop { size = 28 }
    normalize {
      mean = [0.2860]
      std  = [0.3530]
    }
  }
}

loader {
  batch_size = 256
}

optimizer "adamw" {
  lr           = 2e-3
  weight_decay = 0.01
}

schedule "cosine" {
  by                 = "step"
  warmup             = "linear"
  warmup_length      = 140 # a tenth of the run
  warmup_by          = "step"
  warmup_ratio       = 0.01
  start_after_warmup = true
}

train {
  epochs = 6
}

evaluate "knn" {
  bank       = "bank"
  queries    = "test"
  k          = 5
  vote       = "majority"
  raw_pixels = true
  untrained  = true
}

evaluate "linear" {
  bank           = "bank"
  queries        = "test"
  l2             = [1e-3]
  max_iterations = 50
  raw_pixels     = true
}

export {
  pool_size = 4 # the last map as it is: 4x4 cells
}
