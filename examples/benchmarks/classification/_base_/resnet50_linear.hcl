# A linear classifier on the frozen, averaged features of ResNet-50.

extends = ["imagenet.hcl", "weights.hcl"]

algorithm "classification" {
  backbone "resnet" {
    depth         = 50
    frozen_stages = 4
  }
  head "cls" {
    with_avg_pool = true
    in_channels   = 2048
    num_classes   = 1000
  }
}

loader {
  batch_size = 256 # MMSelfSup: 8 processes of 32
}

train {
  epochs    = 100
  log_every = 50
  checkpoint {
    epochs = 10
    keep   = 3
  }
}

monitor "accuracy" {
  every = 10
}

evaluate "accuracy" {}
