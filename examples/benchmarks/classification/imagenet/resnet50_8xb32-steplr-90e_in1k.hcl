# Supervised training of ResNet-50 from the beginning: what pre-training is compared with.

extends = ["../_base_/imagenet.hcl"]

pipeline "resnet50_supervised_in1k" {
  description = "supervised ResNet-50 on ImageNet-1k"
}

algorithm "classification" {
  backbone "resnet" {
    depth = 50
  }
  head "cls" {
    with_avg_pool = true
    num_classes   = 1000
  }
}

loader {
  batch_size = 256
}

optimizer "sgd" {
  lr           = 0.1
  momentum     = 0.9
  weight_decay = 1e-4
}

schedule "step" {
  milestones = [30, 60, 90]
}

train {
  epochs    = 90
  log_every = 50
}

monitor "accuracy" {}

evaluate "accuracy" {}
