# Linear evaluation of each stage on Places205. The list files hold a path and a label on each line.

extends = ["../_base_/resnet50_mhead.hcl"]

pipeline "resnet50_mhead_places205" {
  description = "linear evaluation of each stage of ResNet-50 on Places205"
}

locals {
  data = env("SSC_DATA", "data/places205")
}

algorithm "classification" {
  head "multi_cls" {
    num_classes = 205
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
  milestones = [7, 14, 21]
}

train {
  epochs = 28
}
