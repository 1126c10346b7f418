# ImageNet-1k for methods that learn clusters: the training images under one view, and the same images as they are clustered.

extends = ["imagenet_extract.hcl"]

dataset "train" {
  source "image_list" {
    data_prefix = "${local.data}/train"
    ann_file    = "${local.data}/meta/train.txt"
  }
  view {
    random_resized_crop { size = 224 }
    random_horizontal_flip {}
    random_rotation { degrees = 2 }
    color_jitter {
      brightness = 0.4
      contrast   = 0.4
      saturation = 1
      hue        = 0.5
    }
    random_grayscale { p = 0.2 }
    normalize {
      mean = [0.485, 0.456, 0.406]
      std  = [0.229, 0.224, 0.225]
    }
  }
}
