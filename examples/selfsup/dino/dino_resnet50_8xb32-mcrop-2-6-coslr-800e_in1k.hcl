# DINO with ResNet-50 on ImageNet-1k: the authors' recipe with 2 large and 6 small crops, at batch 256 and the learning rate that goes with it.

extends = ["../_base_/imagenet_dino.hcl"]

pipeline "dino_resnet50_in1k" {
  description = "DINO, ResNet-50, ImageNet-1k, 800 epochs, 2 large and 6 small crops"
}

algorithm "dino" {
  base_momentum = 0.996
  backbone "resnet" {
    depth = 50
    norm "sync_bn" {}
  }
  neck "dino" {
    in_channels         = 2048
    hid_channels        = 2048
    bottleneck_channels = 256
    out_channels        = 60000
  }
  head "dino" {
    num_crops                  = [2, 6]
    teacher_temp               = 0.07
    warmup_teacher_temp        = 0.04
    warmup_teacher_temp_epochs = 50
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

schedule "cosine" {
  by                 = "step"
  min_lr             = 1e-6
  warmup             = "linear"
  warmup_length      = 10
  warmup_ratio       = 1e-4
  start_after_warmup = true
}

train {
  epochs    = 800
  log_every = 50
  checkpoint {
    epochs = 10
    keep   = 3
  }
}
