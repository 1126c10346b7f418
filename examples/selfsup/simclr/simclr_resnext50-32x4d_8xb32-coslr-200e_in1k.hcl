# SimCLR with ResNeXt-50 (32x4d) on ImageNet-1k; all else is as for ResNet-50.

extends = ["simclr_resnet50_8xb32-coslr-200e_in1k.hcl"]

pipeline "simclr_resnext50-32x4d_in1k" {
  description = "SimCLR, ResNeXt-50 32x4d, ImageNet-1k, 200 epochs"
}

algorithm "simclr" {
  backbone "resnext" {
    depth              = 50
    groups             = 32
    width_per_group    = 4
    zero_init_residual = true
    norm "sync_bn" {}
  }
}
