# Semi-supervised fine-tuning of all of ResNet-50 with a small part of ImageNet's labels. The leaves say which part, the learning rate and the head's factor on it; the
# best of the nine is what papers report, mostly lr 0.01 and factor 100.

extends = ["imagenet.hcl", "weights.hcl"]

locals {
  part         = "1percent"
  lr           = 0.01
  head_lr_mult = 1
  weight_decay = 5e-4
}

algorithm "classification" {
  backbone "resnet" {
    depth = 50
    norm "sync_bn" {}
  }
  head "cls" {
    with_avg_pool = true
    in_channels   = 2048
    num_classes   = 1000
  }
}

dataset "train" {
  source "image_list" {
    ann_file = "${local.data}/meta/train_${local.part}.txt"
  }
}

loader {
  batch_size = 256 # MMSelfSup: 4 processes of 64
}

optimizer "sgd" {
  lr           = local.lr
  momentum     = 0.9
  weight_decay = local.weight_decay
  group {
    match   = "^head\\."
    lr_mult = local.head_lr_mult
  }
}

schedule "step" {
  milestones = [12, 16]
  gamma      = 0.2
}

train {
  epochs = 20
}

evaluate "accuracy" {}
