# NNCLR with ResNet-50 on ImageNet-1k: the paper's recipe, batch 4096, 1000 epochs.

extends = ["../_base_/imagenet_byol.hcl"]

pipeline "nnclr_resnet50_in1k" {
  description = "NNCLR, ResNet-50, ImageNet-1k, 1000 epochs"
}

algorithm "nnclr" {
  queue_len = 98304
  backbone "resnet" {
    depth = 50
    norm "sync_bn" {}
  }
  neck "nonlinear" {
    in_channels  = 2048
    hid_channels = 2048
    out_channels = 256
    num_layers   = 3
  }
  head "nnclr" {
    temperature = 0.1

    predictor "nonlinear" {
      in_channels    = 256
      hid_channels   = 4096
      out_channels   = 256
      with_last_bn   = false
      with_last_bias = true
      with_avg_pool  = false
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
  epochs    = 1000
  log_every = 50
  checkpoint {
    epochs = 10
    keep   = 3
  }
}
