# SwAV with two large and two small crops on the 60,000 training images of Fashion-MNIST: four minutes or less on two cores, by the cost of a step. Images, optimizer and evaluation are those of SimCLR's
# example.
# Meter: linear probe.

extends = ["../_base_/fmnist.hcl"]

pipeline "swav_fmnist" {
  description = "SwAV with two large and two small crops, three-stage ResNet of width 32, Fashion-MNIST"
}

algorithm "swav" {
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
  neck "swav" {
    pool_size    = 2
    hid_channels = 512
    out_channels = 128
  }
  head "swav" {
    num_crops         = [2, 2]
    num_prototypes    = 256
    freeze_prototypes = 100
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

train {
  epochs = 3
}
