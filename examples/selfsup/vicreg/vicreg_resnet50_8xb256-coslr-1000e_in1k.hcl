# VICReg with ResNet-50 on ImageNet-1k: the paper's recipe, batch 2048, 1000 epochs. The LARS of the authors keeps the learning rate out of the momentum; this one has it inside, as MMSelfSup's does.

extends = ["../_base_/imagenet_byol.hcl"]

pipeline "vicreg_resnet50_in1k" {
  description = "VICReg, ResNet-50, ImageNet-1k, 1000 epochs"
}

algorithm "vicreg" {
  backbone "resnet" {
    depth = 50
    norm "sync_bn" {}
  }
  neck "nonlinear" {
    in_channels  = 2048
    hid_channels = 8192
    out_channels = 8192
    num_layers   = 3
    with_bias    = true
    with_last_bn = false
  }
  head "vicreg" {
    sim_coeff = 25
    std_coeff = 25
    cov_coeff = 1
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
  min_lr             = 0.0016
  warmup             = "linear"
  warmup_length      = 10
  warmup_ratio       = 1e-4
  start_after_warmup = true
}

train {
  epochs    = 1000
  log_every = 50
  checkpoint {
    epochs = 10
    keep   = 3
  }
}
