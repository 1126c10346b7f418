# The views that torch_loader.py makes of Fashion-MNIST, for `make bench`.
variable "images" { type = string }

algorithm "simclr" {
  backbone "resnet" {
    depth         = 10
    base_channels = 4
    stem          = "small"
  }
  neck "linear" {}
  head "contrastive" {}
}

dataset "train" {
  source "idx" { images = var.images }
  view {
    count = 2
    random_resized_crop {
      size  = 28
      scale = [0.3, 1]
    }
    random_horizontal_flip {}
    random_applied_trans {
      p = 0.8
      color_jitter {
        brightness = 0.8
        contrast   = 0.8
      }
    }
    gaussian_blur { p = 0.5 }
    normalize {
      mean = [0.2860]
      std  = [0.3530]
    }
  }
}

optimizer "sgd" { lr = 0.1 }
