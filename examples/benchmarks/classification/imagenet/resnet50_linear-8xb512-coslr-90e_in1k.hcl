# Linear evaluation by the protocol of SimSiam, SimCLR and BYOL: LARS and batches of 4096, here 16 micro-batches of 256.

extends = ["../_base_/resnet50_linear.hcl"]

pipeline "resnet50_linear-lars_in1k" {
  description = "linear evaluation of ResNet-50 on ImageNet-1k, SimSiam's protocol"
}

optimizer "lars" {
  lr           = 1.6
  momentum     = 0.9
  weight_decay = 0
}

schedule "cosine" {}

train {
  epochs     = 90
  accumulate = 16
}
