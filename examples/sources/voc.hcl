# PASCAL VOC 2007: support vector machines for its twenty classes, as MMSelfSup's benchmark svm_voc07 has them. Images may be of several classes.

extends = ["_base_/simclr.hcl"]

locals {
  data = env("SSC_DATA", "data/VOCdevkit/VOC2007")
}

dataset "train" {
  source "voc" {
    data_prefix = local.data
  }
}

dataset "bank" {
  source "voc" {
    data_prefix = local.data
  }
  view {
    resize { size = [64, 64] }
    normalize {
      mean = [0.485, 0.456, 0.406]
      std  = [0.229, 0.224, 0.225]
    }
  }
}

dataset "test" {
  source "voc" {
    data_prefix = local.data
    split       = "test"
  }
  view {
    resize { size = [64, 64] }
    normalize {
      mean = [0.485, 0.456, 0.406]
      std  = [0.229, 0.224, 0.225]
    }
  }
}

evaluate "svm" {}
