# A whole pipeline that the cases extend.

locals {
  crop = [0.2, 1]
}

algorithm "simclr" {
  backbone "resnet" {
    depth = 18
    stem  = "small"
  }
  neck "nonlinear" {
    out_channels = 64
  }
  head "contrastive" {
    temperature = 0.2
  }
}

dataset "train" {
  source "idx" {
    images = "images.gz"
  }
  view {
    count = 1
    random_resized_crop {
      size  = 28
      scale = local.crop
    }
    random_horizontal_flip {}
    normalize {
      mean = [0.3]
      std  = [0.4]
    }
  }
  view {
    random_resized_crop {
      size = 28
    }
    normalize {
      mean = [0.3]
      std  = [0.4]
    }
  }
}

dataset "bank" {
  source "idx" {
    images = "bank.gz"
    labels = "labels.gz"
  }
  view {
    random_resized_crop {
      size = 28
    }
    normalize {
      mean = [0.3]
      std  = [0.4]
    }
  }
}

optimizer "sgd" {
  lr       = 0.1
  momentum = 0.8
  group {
    match = "bn"
  }
  group {
    match   = "bias$"
    lr_mult = 2
  }
}

train {
  epochs = 5
}

pipeline "base" {
  description = "to be extended"
  seed        = 3
}
