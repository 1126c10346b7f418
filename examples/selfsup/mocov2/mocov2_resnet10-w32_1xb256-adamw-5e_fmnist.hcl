# MoCo v2 on the 60,000 training images of Fashion-MNIST: four minutes or less on two cores, by the cost of a step. Images, optimizer and evaluation are those of SimCLR's
# example.
# Meter: linear probe.

extends = ["../_base_/fmnist.hcl"]

pipeline "mocov2_fmnist" {
  description = "MoCo v2, three-stage ResNet of width 32, Fashion-MNIST"
}

algorithm "moco" {
  queue_len = 4096
  feat_dim  = 128
  momentum  = 0.99
  groups    = 8
  backbone "resnet" {
    depth         = 10
    num_stages    = 3
    base_channels = 32
    stem_channels = 32
    stem          = "small"
    stem_kernel   = 5 # 28 pixels become 14, 7 and 4
    stem_stride   = 2
    out_indices   = [3]
  }
  neck "moco_v2" {
    pool_size    = 4
    hid_channels = 512
    out_channels = 128
  }
  head "contrastive" {
    temperature = 0.2
  }
}

train {
  epochs = 5
}
