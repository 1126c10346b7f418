# Linear evaluation of each stage on iNaturalist 2018. The list files hold a path and a category on each line.

extends = ["../_base_/resnet50_mhead.hcl"]

pipeline "resnet50_mhead_inat18" {
  description = "linear evaluation of each stage of ResNet-50 on iNaturalist 2018"
}

locals {
  data = env("SSC_DATA", "data/inaturalist2018")
}

algorithm "classification" {
  head "multi_cls" {
    num_classes = 8142
  }
}

dataset "train" {
  source "image_list" {
    data_prefix = local.data
    ann_file    = "${local.data}/meta/train.txt"
  }
}

dataset "test" {
  source "image_list" {
    data_prefix = local.data
    ann_file    = "${local.data}/meta/val.txt"
  }
}

schedule "step" {
  milestones = [24, 48, 72]
}

train {
  epochs = 84
}
