# DINO with two large and two small crops on the 60,000 training images of Fashion-MNIST: four minutes or less on two cores, by the cost of a step. Images, optimizer and evaluation are those of SimCLR's
# example.
# Meter: linear probe.

extends = ["../_base_/fmnist.hcl"]

pipeline "dino_fmnist" {
  description = "DINO with two large and two small crops, three-stage ResNet of width 32, Fashion-MNIST"
}

algorithm "dino" {
  base_momentum = 0.99
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
  neck "dino" {
    pool_size           = 4 # project all cells of the map, not just its mean; a small crop's four are repeated
    hid_channels        = 256
    bottleneck_channels = 128
    out_channels        = 1024
    freeze_last_layer   = 0
  }
  head "dino" {
    num_crops = [2, 2]
  }
}

dataset "train" {
  view {
    count = 2
    random_resized_crop {
      size  = 28
      scale = [0.3, 1]
    }
    random_horizontal_flip {}
    random_applied_trans {
      p = 0.8
      color_jitter {
        brightness = 0.8
        contrast   = 0.8
      }
    }
    normalize {
      mean = [0.2860]
      std  = [0.3530]
    }
  }
  view {
    count = 2
    random_resized_crop {
      size  = 16
      scale = [0.1, 0.3]
    }
    random_horizontal_flip {}
    random_applied_trans {
      p = 0.8
      color_jitter {
        brightness = 0.8
        contrast   = 0.8
      }
    }
    normalize {
      mean = [0.2860]
      std  = [0.3530]
    }
  }
}

optimizer "adamw" {
  weight_decay     = 0.04
  end_weight_decay = 0.4 # the authors' course; norms and biases have none
  group {
    match        = "(bn\\d*\\.(weight|bias)|bias|downsample\\.1\\.weight)$"
    weight_decay = 0
  }
}

train {
  epochs = 3
}
