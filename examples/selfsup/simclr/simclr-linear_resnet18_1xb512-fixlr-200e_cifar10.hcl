# The ResNet-18 recipe with a linear projector (Chen et al. 2020, figure 8) and a constant learning rate.

extends = ["simclr_resnet18_1xb512-steplr-200e_cifar10.hcl"]

pipeline "simclr-linear_resnet18_cifar10" {
  description = "SimCLR with a linear projector, ResNet-18, CIFAR-10, 200 epochs"
}

algorithm "simclr" {
  neck "linear" {
    out_channels = 128
  }
}

schedule "constant" {
  warmup        = "linear"
  warmup_length = 5
  warmup_ratio  = 0.01
}
