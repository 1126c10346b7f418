# CIFAR-10 in its binary version (cifar-10-binary.tar.gz), with the evaluation on its test images.

extends = ["_base_/simclr.hcl"]

locals {
  data = env("SSC_DATA", "data/cifar-10-batches-bin")
}

dataset "train" {
  source "cifar10" {
    data_prefix = local.data
  }
  view {
    count = 2
    random_resized_crop {
      size  = 32
      scale = [0.2, 1]
    }
    random_horizontal_flip {}
    random_applied_trans {
      p = 0.8
      color_jitter {
        brightness = 0.4
        contrast   = 0.4
        saturation = 0.4
        hue        = 0.1
      }
    }
    random_grayscale { p = 0.2 }
    normalize {
      mean = [0.4914, 0.4822, 0.4465]
      std  = [0.2023, 0.1994, 0.2010]
    }
  }
}

dataset "bank" {
  source "cifar10" {
    data_prefix = local.data
  }
  view {
    center_crop { size = 32 }
    normalize {
      mean = [0.4914, 0.4822, 0.4465]
      std  = [0.2023, 0.1994, 0.2010]
    }
  }
}

dataset "test" {
  source "cifar10" {
    data_prefix = local.data
    split       = "test"
  }
  view {
    center_crop { size = 32 }
    normalize {
      mean = [0.4914, 0.4822, 0.4465]
      std  = [0.2023, 0.1994, 0.2010]
    }
  }
}

evaluate "knn" {
  k = 200
}
