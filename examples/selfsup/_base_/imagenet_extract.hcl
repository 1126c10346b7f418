# The training images of ImageNet-1k as they are clustered.

locals {
  data = env("SSC_DATA", "data/imagenet")
}

dataset "extract" {
  source "image_list" {
    data_prefix = "${local.data}/train"
    ann_file    = "${local.data}/meta/train.txt"
  }
  view {
    resize { size = 256 }
    center_crop { size = 224 }
    normalize {
      mean = [0.485, 0.456, 0.406]
      std  = [0.229, 0.224, 0.225]
    }
  }
}
