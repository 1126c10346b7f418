# SimCLR with ResNet-50 on ImageNet-1k: MMSelfSup 0.x's configuration of this name. Its 8 processes of 32 images are one batch of 256 here,
# which has the same negatives and, with synchronised batch norm, the same statistics.

locals {
  data = env("SSC_DATA", "data/imagenet")
}

pipeline "simclr_resnet50_in1k" {
  description = "SimCLR, ResNet-50, ImageNet-1k, 200 epochs"
}

algorithm "simclr" {
  backbone "resnet" {
    depth              = 50
    zero_init_residual = true
    norm "sync_bn" {}
  }
  neck "nonlinear" {
    in_channels  = 2048
    hid_channels = 2048
    out_channels = 128
    num_layers   = 2
  }
  head "contrastive" {
    temperature = 0.1
  }
}

dataset "train" {
  source "image_list" {
    data_prefix = "${local.data}/train"
    ann_file    = "${local.data}/meta/train.txt"
  }
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
    gaussian_blur {
      sigma_min = 0.1
      sigma_max = 2
      p         = 0.5
    }
    normalize {
      mean = [0.485, 0.456, 0.406]
      std  = [0.229, 0.224, 0.225]
    }
  }
}

loader {
  batch_size = 256
}

optimizer "lars" {
  lr           = 0.3
  momentum     = 0.9
  weight_decay = 1e-6
  group {
    match        = "(bn|gn)(\\d+)?.(weight|bias)"
    weight_decay = 0
    lars_exclude = true
  }
  group {
    match        = "bias"
    weight_decay = 0
    lars_exclude = true
  }
}

schedule "cosine" {
  warmup        = "linear"
  warmup_length = 10
  warmup_ratio  = 1e-4
}

train {
  epochs    = 200
  log_every = 50
  checkpoint {
    epochs = 10
    keep   = 3
  }
}
