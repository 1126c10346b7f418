# MoCo v1 with ResNet-50 on ImageNet-1k: MMSelfSup 0.x's configuration of this name. Its 8 processes of 32 images are one batch of 256 here, in 8 groups for batch norm.

extends = ["../_base_/imagenet_mocov1.hcl"]

pipeline "mocov1_resnet50_in1k" {
  description = "MoCo v1, ResNet-50, ImageNet-1k, 200 epochs"
}

algorithm "moco" {
  queue_len = 65536
  feat_dim  = 128
  momentum  = 0.999
  groups    = 8
  backbone "resnet" {
    depth = 50
  }
  neck "linear" {
    in_channels  = 2048
    out_channels = 128
  }
  head "contrastive" {
    temperature = 0.07
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

schedule "step" {
  milestones = [120, 160]
}

train {
  epochs    = 200
  log_every = 50
  checkpoint {
    epochs = 10
    keep   = 3
  }
}
