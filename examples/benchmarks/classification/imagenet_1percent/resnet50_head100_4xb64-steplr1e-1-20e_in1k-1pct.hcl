# Fine-tuning with 1 % of ImageNet's labels: learning rate 0.1, that of the head times 100.

extends = ["../_base_/resnet50_semi.hcl"]

pipeline "resnet50_head100_lr1e-1_in1k-1pct" {
  description = "fine-tuning of ResNet-50 with 1 % of the labels of ImageNet-1k"
}

locals {
  part         = "1percent"
  lr           = 0.1
  head_lr_mult = 100
  weight_decay = 5e-4
}
