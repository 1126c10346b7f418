# BYOL with ResNet-50 on ImageNet-1k: MMSelfSup 0.x's configuration of this name. Its 16 processes of 256 images are one batch of 4096 here.

extends = ["../_base_/imagenet_byol.hcl"]

pipeline "byol_resnet50_in1k" {
  description = "BYOL, ResNet-50, ImageNet-1k, 200 epochs"
}

algorithm "byol" {
  base_momentum = 0.99
  backbone "resnet" {
    depth = 50
    norm "sync_bn" {}
  }
  neck "nonlinear" {
    in_channels  = 2048
    hid_channels = 4096
    out_channels = 256
    num_layers   = 2
    with_bias    = true
    with_last_bn = false
  }
  head "latent_predict" {
    predictor "nonlinear" {
      in_channels   = 256
      hid_channels  = 4096
      out_channels  = 256
      num_layers    = 2
      with_bias     = true
      with_last_bn  = false
      with_avg_pool = false
    }
  }
}

loader {
  batch_size = 4096
}

optimizer "lars" {
  lr           = 4.8
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
