# The ResNet-18 recipe without a projector (Chen et al. 2020, figure 8): the loss sees the averaged map itself.

extends = ["simclr_resnet18_1xb512-steplr-200e_cifar10.hcl"]

pipeline "simclr-noproj_resnet18_cifar10" {
  description = "SimCLR without a projector, ResNet-18, CIFAR-10, 200 epochs"
}

algorithm "simclr" {
  neck "avg_pool2d" {}
}
