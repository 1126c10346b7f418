# Relative patch location with ResNet-50 on ImageNet-1k: MMSelfSup 0.x's configuration of this name. Its 8 processes of 64 images, each in 8 pairs of patches, are one batch of 512 here.

locals {
  data = env("SSC_DATA", "data/imagenet")
}

pipeline "relative-loc_resnet50_in1k" {
  description = "Relative patch location, ResNet-50, ImageNet-1k, 70 epochs"
}

algorithm "relative_loc" {
  backbone "resnet" {
    depth = 50
  }
  neck "relative_loc" {
    in_channels  = 2048
    out_channels = 4096
  }
  head "cls" {
    in_channels = 4096
    num_classes = 8
    init_std    = 0.005
  }
}

dataset "train" {
  source "image_list" {
    data_prefix = "${local.data}/train"
    ann_file    = "${local.data}/meta/train.txt"
  }
  view {
    resize { size = 292 }
    random_crop { size = 255 }
    random_grayscale { p = 0.66 }
    random_patches { jitter = 21 } # patches of 64 pixels
    normalize {
      mean = [0.485, 0.456, 0.406]
      std  = [0.229, 0.224, 0.225]
    }
  }
}

loader {
  batch_size = 512
  last       = "drop"
}

optimizer "sgd" {
  lr           = 0.2
  momentum     = 0.9
  weight_decay = 1e-4
  group {
    match        = "^(neck|head)\\."
    weight_decay = 5e-4
  }
}

schedule "step" {
  milestones    = [30, 50]
  warmup        = "linear"
  warmup_length = 5
  warmup_ratio  = 0.1
}

train {
  epochs    = 70
  log_every = 50
  checkpoint {
    epochs = 10
    keep   = 3
  }
}
