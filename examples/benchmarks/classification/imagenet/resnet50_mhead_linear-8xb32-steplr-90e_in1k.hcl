# Linear evaluation of each stage on ImageNet-1k.

extends = ["../_base_/resnet50_mhead.hcl"]

pipeline "resnet50_mhead_in1k" {
  description = "linear evaluation of each stage of ResNet-50 on ImageNet-1k"
}

locals {
  data = env("SSC_DATA", "data/imagenet")
}

algorithm "classification" {
  head "multi_cls" {
    num_classes = 1000
  }
}

dataset "train" {
  source "image_list" {
    data_prefix = "${local.data}/train"
    ann_file    = "${local.data}/meta/train.txt"
  }
}

dataset "test" {
  source "image_list" {
    data_prefix = "${local.data}/val"
    ann_file    = "${local.data}/meta/val.txt"
  }
}

schedule "step" {
  milestones = [30, 60, 90]
}

train {
  epochs = 90
}
