# DenseCL on the 60,000 training images of Fashion-MNIST: four minutes or less on two cores, by the cost of a step. Images, optimizer and evaluation are those of SimCLR's
# example.
# Meter: linear probe.

extends = ["../_base_/fmnist.hcl"]

pipeline "densecl_fmnist" {
  description = "DenseCL, three-stage ResNet of width 32, Fashion-MNIST"
}

algorithm "densecl" {
  queue_len   = 1024
  feat_dim    = 128
  momentum    = 0.99
  start_iters = 100
  groups      = 8
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
  neck "densecl" {
    hid_channels = 512
    out_channels = 128
  }
  head "contrastive" {
    temperature = 0.2
  }
}

loader {
  batch_size = 128
}

train {
  epochs = 4
}
