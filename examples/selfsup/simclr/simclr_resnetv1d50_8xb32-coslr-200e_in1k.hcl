# SimCLR with ResNet-50-D on ImageNet-1k: a stem of three convolutions, and shortcuts that average. All else is as for ResNet-50.

extends = ["simclr_resnet50_8xb32-coslr-200e_in1k.hcl"]

pipeline "simclr_resnetv1d50_in1k" {
  description = "SimCLR, ResNet-50-D, ImageNet-1k, 200 epochs"
}

algorithm "simclr" {
  backbone "resnetv1d" {
    depth              = 50
    zero_init_residual = true
    norm "sync_bn" {}
  }
}
