# SimSiam with ResNet-50 on ImageNet-1k: MMSelfSup 0.x's configuration of this name. Its 8 processes of 32 images are one batch of 256 here.

extends = ["../_base_/imagenet_mocov2.hcl"]

pipeline "simsiam_resnet50_in1k" {
  description = "SimSiam, ResNet-50, ImageNet-1k, 200 epochs"
}

algorithm "simsiam" {
  backbone "resnet" {
    depth              = 50
    zero_init_residual = true
    norm "sync_bn" {}
  }
  neck "nonlinear" {
    in_channels         = 2048
    hid_channels        = 2048
    out_channels        = 2048
    num_layers          = 3
    with_last_bn_affine = false
  }
  head "latent_predict" {
    predictor "nonlinear" {
      in_channels    = 2048
      hid_channels   = 512
      out_channels   = 2048
      with_avg_pool  = false
      with_last_bn   = false
      with_last_bias = true
    }
  }
}

loader {
  batch_size = 256
  last       = "drop"
}

optimizer "sgd" {
  lr           = 0.05
  momentum     = 0.9
  weight_decay = 1e-4
  group {
    match  = "predictor"
    fix_lr = true # the predictor's learning rate stays
  }
}

schedule "cosine" {}

train {
  epochs    = 200
  log_every = 50
  checkpoint {
    epochs = 10
    keep   = 3
  }
}
