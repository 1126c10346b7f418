# Procedural images, for which no data is needed. Two probes tell what is learnt: the shape, or only the background, which both views share.

extends = ["cifar10.hcl"]

dataset "train" {
  source "shapes" {}
  view {
    count = 2
    random_resized_crop {
      size  = 32
      scale = [0.4, 1]
    }
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
    normalize {
      mean = [0.5, 0.5, 0.5]
      std  = [0.25, 0.25, 0.25]
    }
  }
}

dataset "bank" {
  source "shapes" {}
}

dataset "test" {
  source "shapes" {
    split = "test"
    count = 4000
  }
}

evaluate "knn" {
  k          = 20
  raw_pixels = true
  untrained  = true
}
