# A folder for each class, as torchvision's ImageFolder reads it. Training looks at no label; the evaluation does.

extends = ["_base_/simclr.hcl"]

locals {
  data = env("SSC_DATA", "data/imagenette2-160")
}

dataset "train" {
  source "image_folder" {
    data_prefix = "${local.data}/train"
  }
}

dataset "bank" {
  source "image_folder" {
    data_prefix = "${local.data}/train"
  }
  view {
    resize { size = 72 }
    center_crop { size = 64 }
    normalize {
      mean = [0.485, 0.456, 0.406]
      std  = [0.229, 0.224, 0.225]
    }
  }
}

dataset "test" {
  source "image_folder" {
    data_prefix = "${local.data}/val"
  }
  view {
    resize { size = 72 }
    center_crop { size = 64 }
    normalize {
      mean = [0.485, 0.456, 0.406]
      std  = [0.229, 0.224, 0.225]
    }
  }
}

evaluate "knn" {}
