# Labelled ImageNet-1k: training crops with flips, the centre of validation images.

locals {
  data = env("SSC_DATA", "data/imagenet")
}

dataset "train" {
  source "image_list" {
    data_prefix = "${local.data}/train"
    ann_file    = "${local.data}/meta/train.txt"
  }
  view {
    random_resized_crop { size = 224 }
    random_horizontal_flip {}
    normalize {
      mean = [0.485, 0.456, 0.406]
      std  = [0.229, 0.224, 0.225]
    }
  }
}

dataset "test" {
  source "image_list" {
    data_prefix = "${local.data}/val"
    ann_file    = "${local.data}/meta/val.txt"
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
