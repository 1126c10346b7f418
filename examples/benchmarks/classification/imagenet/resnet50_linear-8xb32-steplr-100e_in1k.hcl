# Linear evaluation by MoCo's protocol: SGD with a learning rate of 30.

extends = ["../_base_/resnet50_linear.hcl"]

pipeline "resnet50_linear-steplr_in1k" {
  description = "linear evaluation of ResNet-50 on ImageNet-1k, MoCo's protocol"
}

optimizer "sgd" {
  lr           = 30
  momentum     = 0.9
  weight_decay = 0
}

schedule "step" {
  milestones = [60, 80]
}
