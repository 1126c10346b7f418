# The SimCLR recipe for ImageNet-1k with the nearest-neighbour evaluation of MMSelfSup at its end.

extends = ["../../../selfsup/simclr/simclr_resnet50_8xb32-coslr-200e_in1k.hcl"]

dataset "bank" {
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

monitor "collapse" {}

evaluate "knn" {
  k           = [10, 20, 100, 200]
  temperature = 0.07
}
