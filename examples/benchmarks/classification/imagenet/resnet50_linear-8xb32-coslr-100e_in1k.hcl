# Linear evaluation by the protocol of SwAV and Barlow Twins.

extends = ["../_base_/resnet50_linear.hcl"]

pipeline "resnet50_linear-coslr_in1k" {
  description = "linear evaluation of ResNet-50 on ImageNet-1k, SwAV's protocol"
}

optimizer "sgd" {
  lr           = 0.3
  momentum     = 0.9
  weight_decay = 1e-6
}

schedule "cosine" {}
