# ImageNet-1k with DINO's crops: two large ones, blurred always and seldom, the second sometimes solarized, and small ones. Those for vision transformers are cut at another scale.

locals {
  data        = env("SSC_DATA", "data/imagenet")
  crop_border = 0.14 # share of the image that is the least of a large crop and the most of a small one
  small_crops = 6
}

dataset "train" {
  source "image_list" {
    data_prefix = "${local.data}/train"
    ann_file    = "${local.data}/meta/train.txt"
  }
  view {
    random_resized_crop {
      size          = 224
      scale         = [local.crop_border, 1]
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
      scale         = [local.crop_border, 1]
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
    count = local.small_crops
    random_resized_crop {
      size          = 96
      scale         = [0.05, local.crop_border]
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
