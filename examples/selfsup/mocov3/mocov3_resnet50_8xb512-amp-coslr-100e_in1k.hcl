# MoCo v3 with ResNet-50 on ImageNet-1k: MMSelfSup 1.x's configuration of this name, in float32. Its 8 processes of 512 images are one batch of 4096 here.

extends = ["../_base_/imagenet_mocov3.hcl"]

pipeline "mocov3_resnet50_in1k" {
  description = "MoCo v3, ResNet-50, ImageNet-1k, 100 epochs"
}

algorithm "mocov3" {
  base_momentum = 0.99
  backbone "resnet" {
    depth = 50
    norm "sync_bn" {}
  }
  neck "nonlinear" {
    in_channels         = 2048
    hid_channels        = 4096
    out_channels        = 256
    with_last_bn_affine = false
  }
  head "mocov3" {
    temperature = 1

    predictor "nonlinear" {
      in_channels   = 256
      hid_channels  = 4096
      out_channels  = 256
      with_last_bn  = false
      with_avg_pool = false
    }
  }
}

loader {
  batch_size = 4096
}

optimizer "lars" {
  lr           = 9.6
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
  group {
    match        = "downsample.1"
    weight_decay = 0
    lars_exclude = true
  }
}

schedule "cosine" {
  by                 = "step"
  warmup             = "linear"
  warmup_length      = 10
  warmup_ratio       = 1e-4
  start_after_warmup = true
}

train {
  epochs    = 100
  log_every = 50
  checkpoint {
    epochs = 10
    keep   = 3
  }
}
