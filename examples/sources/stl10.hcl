# STL-10: training on the 105,000 images without labels, evaluation with the labelled ones.

extends = ["_base_/simclr.hcl"]

locals {
  data = env("SSC_DATA", "data/stl10_binary")
}

dataset "train" {
  source "stl10" {
    data_prefix = local.data
    split       = "train+unlabeled"
  }
}

dataset "bank" {
  source "stl10" {
    data_prefix = local.data
  }
  view {
    center_crop { size = 64 }
    normalize {
      mean = [0.485, 0.456, 0.406]
      std  = [0.229, 0.224, 0.225]
    }
  }
}

dataset "test" {
  source "stl10" {
    data_prefix = local.data
    split       = "test"
  }
  view {
    center_crop { size = 64 }
    normalize {
      mean = [0.485, 0.456, 0.406]
      std  = [0.229, 0.224, 0.225]
    }
  }
}

evaluate "knn" {}
