# The views that torch_loader.py makes of photographs, for `make bench`.
variable "photos" { type = string }

algorithm "simclr" {
  backbone "resnet" {
    depth         = 10
    base_channels = 4
  }
  neck "linear" {}
  head "contrastive" {}
}

dataset "train" {
  source "folder" { path = var.photos }
  view {
    count = 2
    random_resized_crop { size = 224 }
    random_horizontal_flip {}
    random_applied_trans {
      p = 0.8
      color_jitter {
        brightness = 0.8
        contrast   = 0.8
        saturation = 0.8
        hue        = 0.2
      }
    }
    random_grayscale { p = 0.2 }
    gaussian_blur { p = 0.5 }
    normalize {
      mean = [0.485, 0.456, 0.406]
      std  = [0.229, 0.224, 0.225]
    }
  }
}

loader { batch_size = 32 }

optimizer "sgd" { lr = 0.1 }
