# ImageNet-1k with the two views of MoCo v3, for convolution networks; those for vision transformers set another crop_scale.

locals {
  data       = env("SSC_DATA", "data/imagenet")
  crop_scale = [0.2, 1]
}

dataset "train" {
  source "image_list" {
    data_prefix = "${local.data}/train"
    ann_file    = "${local.data}/meta/train.txt"
  }
  view {
    random_resized_crop {
      size  = 224
      scale = local.crop_scale
    }
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
    random_horizontal_flip {}
    normalize {
      mean = [0.485, 0.456, 0.406]
      std  = [0.229, 0.224, 0.225]
    }
  }
  view {
    random_resized_crop {
      size  = 224
      scale = local.crop_scale
    }
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
    random_horizontal_flip {}
    normalize {
      mean = [0.485, 0.456, 0.406]
      std  = [0.229, 0.224, 0.225]
    }
  }
}
