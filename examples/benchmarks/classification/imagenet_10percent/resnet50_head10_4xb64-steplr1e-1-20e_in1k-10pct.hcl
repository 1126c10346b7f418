# Fine-tuning with 10 % of ImageNet's labels: learning rate 0.1, that of the head times 10.

extends = ["../_base_/resnet50_semi.hcl"]

pipeline "resnet50_head10_lr1e-1_in1k-10pct" {
  description = "fine-tuning of ResNet-50 with 10 % of the labels of ImageNet-1k"
}

locals {
  part         = "10percent"
  lr           = 0.1
  head_lr_mult = 10
  weight_decay = 1e-4
}
