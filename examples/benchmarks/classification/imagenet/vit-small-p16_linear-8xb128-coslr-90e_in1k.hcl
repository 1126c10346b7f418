# Linear evaluation of MoCo v3's ViT-S/16: a linear classifier on the class token of the frozen backbone.

extends = ["../_base_/imagenet.hcl", "../_base_/weights.hcl"]

pipeline "vit-small_linear_in1k" {
  description = "linear evaluation of ViT-S/16 on ImageNet-1k, MoCo v3's protocol"
}

algorithm "classification" {
  backbone "vision_transformer" {
    arch            = "mocov3-small"
    img_size        = 224
    patch_size      = 16
    stop_grad_conv1 = true
    frozen_stages   = 12
  }
  head "cls" {
    in_channels = 384
    num_classes = 1000
  }
}

loader {
  batch_size = 1024 # MMSelfSup: 8 processes of 128
}

optimizer "sgd" {
  lr           = 12
  momentum     = 0.9
  weight_decay = 0
}

schedule "cosine" {}

train {
  epochs    = 90
  log_every = 50
  checkpoint {
    epochs = 10
    keep   = 3
  }
}

monitor "accuracy" {
  every = 10
}

evaluate "accuracy" {}
