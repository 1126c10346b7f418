# Fine-tuning with 1 % of ImageNet's labels: learning rate 0.001, that of the head times 10.

extends = ["../_base_/resnet50_semi.hcl"]

pipeline "resnet50_head10_lr1e-3_in1k-1pct" {
  description = "fine-tuning of ResNet-50 with 1 % of the labels of ImageNet-1k"
}

locals {
  part         = "1percent"
  lr           = 0.001
  head_lr_mult = 10
  weight_decay = 5e-4
}
