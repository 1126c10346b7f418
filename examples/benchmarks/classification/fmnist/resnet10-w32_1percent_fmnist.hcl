# Semi-supervised fine-tuning on 600 labelled images of Fashion-MNIST, from the weights of the SimCLR recipe.

extends = ["../_base_/weights.hcl"]

locals {
  data = env("SSC_DATA", "data/fashion-mnist")
}

pipeline "resnet10-w32_1percent_fmnist" {
  description = "fine-tuning with 1 % of the labels of Fashion-MNIST"
}

variable "weights" {
  default = "runs/simclr_fmnist_10e"
}

algorithm "classification" {
  backbone "resnet" {
    depth         = 10
    num_stages    = 3
    base_channels = 32
    stem_channels = 32
    stem          = "small"
    stem_kernel   = 5
    stem_stride   = 2
    out_indices   = [3]
  }
  head "cls" {
    with_avg_pool = true
    num_classes   = 10
  }
}

dataset "train" {
  source "subset" {
    fraction  = 0.01
    per_class = true
    source "idx" {
      images = "${local.data}/train-images-idx3-ubyte.gz"
      labels = "${local.data}/train-labels-idx1-ubyte.gz"
    }
  }
  view {
    random_crop {
      size    = 28
      padding = 2
    }
    random_horizontal_flip {}
    normalize {
      mean = [0.2860]
      std  = [0.3530]
    }
  }
}

dataset "test" {
  source "idx" {
    images = "${local.data}/t10k-images-idx3-ubyte.gz"
    labels = "${local.data}/t10k-labels-idx1-ubyte.gz"
  }
  view {
    center_crop { size = 28 }
    normalize {
      mean = [0.2860]
      std  = [0.3530]
    }
  }
}

loader {
  batch_size = 100
}

optimizer "sgd" {
  lr           = 0.01
  momentum     = 0.9
  weight_decay = 5e-4
  group {
    match   = "^head\\."
    lr_mult = 10
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
