# SimCLR with ResNet-18 on crops of 64 pixels: what the pipelines beside this folder share. Each of them brings the source of its images.

algorithm "simclr" {
  backbone "resnet" {
    depth = 18
    stem  = "small"
  }
  neck "nonlinear" {
    hid_channels = 512
    out_channels = 128
    with_last_bn = false
  }
  head "contrastive" {
    temperature = 0.2
  }
}

dataset "train" {
  view {
    count = 2
    random_resized_crop {
      size  = 64
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
      mean = [0.485, 0.456, 0.406]
      std  = [0.229, 0.224, 0.225]
    }
  }
}

loader {
  batch_size = 256
}

optimizer "adamw" {
  lr           = 1e-3
  weight_decay = 0.01
}

schedule "cosine" {
  warmup        = "linear"
  warmup_length = 10
  warmup_ratio  = 0.01
}

train {
  epochs = 100
}
