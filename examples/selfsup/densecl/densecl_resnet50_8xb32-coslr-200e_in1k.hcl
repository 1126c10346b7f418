# DenseCL with ResNet-50 on ImageNet-1k: MMSelfSup 0.x's configuration of this name. Its 8 processes of 32 images are one batch of 256 here, in 8 groups for batch norm.

extends = ["../_base_/imagenet_mocov2.hcl"]

pipeline "densecl_resnet50_in1k" {
  description = "DenseCL, ResNet-50, ImageNet-1k, 200 epochs"
}

algorithm "densecl" {
  queue_len   = 65536
  feat_dim    = 128
  momentum    = 0.999
  loss_lambda = 0.5
  start_iters = 1000
  groups      = 8
  backbone "resnet" {
    depth = 50
  }
  neck "densecl" {
    in_channels  = 2048
    hid_channels = 2048
    out_channels = 128
  }
  head "contrastive" {
    temperature = 0.2
  }
}

loader {
  batch_size = 256
  last       = "drop"
}

optimizer "sgd" {
  lr           = 0.03
  momentum     = 0.9
  weight_decay = 1e-4
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
