# Supervised training of ResNet-50 on CIFAR-10, as a reference. MMSelfSup's 8 processes of 128 images are 8 micro-batches of 128.

locals {
  data = env("SSC_DATA", "data/cifar10")
}

pipeline "resnet50_supervised_cifar10" {
  description = "supervised ResNet-50 on CIFAR-10"
}

algorithm "classification" {
  backbone "resnet" {
    depth = 50
    stem  = "small"
  }
  head "cls" {
    with_avg_pool = true
    num_classes   = 10
  }
}

dataset "train" {
  source "image_folder" {
    data_prefix = "${local.data}/train"
  }
  view {
    random_crop {
      size    = 32
      padding = 4
    }
    random_horizontal_flip {}
    normalize {
      mean = [0.4914, 0.4822, 0.4465]
      std  = [0.2023, 0.1994, 0.2010]
    }
  }
}

dataset "test" {
  source "image_folder" {
    data_prefix = "${local.data}/test"
  }
  view {
    center_crop { size = 32 }
    normalize {
      mean = [0.4914, 0.4822, 0.4465]
      std  = [0.2023, 0.1994, 0.2010]
    }
  }
}

loader {
  batch_size = 128
}

optimizer "sgd" {
  lr           = 0.1
  momentum     = 0.9
  weight_decay = 5e-4
}

schedule "step" {
  milestones = [150, 250]
}

train {
  epochs     = 350
  accumulate = 8
}

monitor "accuracy" {
  every = 10
}

evaluate "accuracy" {}
