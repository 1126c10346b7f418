# DINO with ResNet-50 on ImageNet-1k: the authors' recipe with 2 large and 6 small crops, at batch 256 and the learning rate that goes with it.

pipeline "dino_resnet50_in1k" {
  description = "DINO, ResNet-50, ImageNet-1k, 800 epochs, 2 large and 6 small crops"
}

locals {
  data = env("SSC_DATA", "data/imagenet")
}

algorithm "dino" {
  base_momentum = 0.996
  backbone "resnet" {
    depth = 50
    norm "sync_bn" {}
  }
  neck "dino" {
    in_channels         = 2048
    hid_channels        = 2048
    bottleneck_channels = 256
    out_channels        = 60000
  }
  head "dino" {
    num_crops                  = [2, 6]
    teacher_temp               = 0.07
    warmup_teacher_temp        = 0.04
    warmup_teacher_temp_epochs = 50
  }
}

dataset "train" {
  source "image_list" {
    data_prefix = "${local.data}/train"
    ann_file    = "${local.data}/meta/train.txt"
  }
  view {
    random_resized_crop {
      size          = 224
      scale         = [0.14, 1]
      interpolation = "bicubic"
    }
    random_horizontal_flip {}
    random_applied_trans {
      p = 0.8
      color_jitter {
        brightness = 0.4
        contrast   = 0.4
        saturation = 0.2
        hue        = 0.1
      }
    }
    random_grayscale { p = 0.2 }
    gaussian_blur {
      sigma_min = 0.1
      sigma_max = 2
      p         = 1
    }
    normalize {
      mean = [0.485, 0.456, 0.406]
      std  = [0.229, 0.224, 0.225]
    }
  }
  view {
    random_resized_crop {
      size          = 224
      scale         = [0.14, 1]
      interpolation = "bicubic"
    }
    random_horizontal_flip {}
    random_applied_trans {
      p = 0.8
      color_jitter {
        brightness = 0.4
        contrast   = 0.4
        saturation = 0.2
        hue        = 0.1
      }
    }
    random_grayscale { p = 0.2 }
    gaussian_blur {
      sigma_min = 0.1
      sigma_max = 2
      p         = 0.1
    }
    solarization { p = 0.2 }
    normalize {
      mean = [0.485, 0.456, 0.406]
      std  = [0.229, 0.224, 0.225]
    }
  }
  view {
    count = 6
    random_resized_crop {
      size          = 96
      scale         = [0.05, 0.14]
      interpolation = "bicubic"
    }
    random_horizontal_flip {}
    random_applied_trans {
      p = 0.8
      color_jitter {
        brightness = 0.4
        contrast   = 0.4
        saturation = 0.2
        hue        = 0.1
      }
    }
    random_grayscale { p = 0.2 }
    gaussian_blur {
      sigma_min = 0.1
      sigma_max = 2
      p         = 0.5
    }
    normalize {
      mean = [0.485, 0.456, 0.406]
      std  = [0.229, 0.224, 0.225]
    }
  }
}

loader {
  batch_size = 256
  last       = "drop"
}

optimizer "sgd" {
  lr           = 0.03
  momentum     = 0.9
  weight_decay = 1e-4
}

schedule "cosine" {
  by                 = "step"
  min_lr             = 1e-6
  warmup             = "linear"
  warmup_length      = 10
  warmup_ratio       = 1e-4
  start_after_warmup = true
}

train {
  epochs    = 800
  log_every = 50
  checkpoint {
    epochs = 10
    keep   = 3
  }
}
