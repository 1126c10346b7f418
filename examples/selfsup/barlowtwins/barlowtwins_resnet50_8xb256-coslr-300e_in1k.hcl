# Barlow Twins with ResNet-50 on ImageNet-1k: MMSelfSup 0.x's configuration of this name. Its 8 processes of 256 images are one batch of 2048 here, over all of which the cross-correlation is standardised.

extends = ["../_base_/imagenet_byol.hcl"]

pipeline "barlowtwins_resnet50_in1k" {
  description = "Barlow Twins, ResNet-50, ImageNet-1k, 300 epochs"
}

algorithm "barlowtwins" {
  backbone "resnet" {
    depth              = 50
    zero_init_residual = true
    norm "sync_bn" {}
  }
  neck "nonlinear" {
    in_channels  = 2048
    hid_channels = 8192
    out_channels = 8192
    num_layers   = 3
    with_last_bn = false
  }
  head "latent_cross_correlation" {
    in_channels = 8192
  }
}

loader {
  batch_size = 2048
}

optimizer "lars" {
  lr           = 1.6
  momentum     = 0.9
  weight_decay = 1e-6
  group {
    match        = "(bn|gn)(\\d+)?.(weight|bias)|bias|downsample.1"
    weight_decay = 0
    lr           = 0.0384 # 0.024 of it; all end at the same min_lr
    lars_exclude = true
  }
}

schedule "cosine" {
  by            = "step"
  min_lr        = 0.0016
  warmup        = "linear"
  warmup_length = 10
  warmup_ratio  = 1.6e-4
}

train {
  epochs    = 300
  log_every = 50
  checkpoint {
    epochs = 10
    keep   = 3
  }
}
