# NPID with ResNet-50 on ImageNet-1k: MMSelfSup 0.x's configuration of this name. Its 8 processes of 32 images are one batch of 256 here. The memory has a row for each of the 1,281,167 images; the similarities of
# a batch with it take 1.3 GB, and their gradient as much.

extends = ["../_base_/imagenet_mocov1.hcl"]

pipeline "npid_resnet50_in1k" {
  description = "NPID, ResNet-50, ImageNet-1k, 200 epochs"
}

algorithm "npid" {
  neg_num = 65536
  backbone "resnet" {
    depth = 50
    norm "sync_bn" {}
  }
  neck "linear" {
    in_channels  = 2048
    out_channels = 128
  }
  head "contrastive" {
    temperature = 0.07
  }
  memory "simple" {
    length   = 1281167
    feat_dim = 128
    momentum = 0.5
  }
}

dataset "train" {
  view {
    count = 1
  }
}

loader {
  batch_size = 256
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
