# SimCLR with ResNet-18 and the stem for small images on CIFAR-10, as folders of PNG files (one per class).

locals {
  data = env("SSC_DATA", "data/cifar10")
}

pipeline "simclr_resnet18_cifar10" {
  description = "SimCLR, ResNet-18, CIFAR-10, 200 epochs"
}

algorithm "simclr" {
  backbone "resnet" {
    depth = 18
    stem  = "small"
    norm "bn" {}
  }
  neck "nonlinear" {
    hid_channels = 512
    out_channels = 128
    with_last_bn = false
  }
  head "contrastive" {
    temperature = 0.5
  }
}

dataset "train" {
  source "image_folder" {
    data_prefix = "${local.data}/train"
  }
  view {
    count = 2
    random_resized_crop {
      size  = 32
      scale = [0.2, 1]
    }
    random_horizontal_flip {}
    random_applied_trans {
      p = 0.8
      color_jitter {
        brightness = 0.4
        contrast   = 0.4
        saturation = 0.4
        hue        = 0.1
      }
    }
    random_grayscale { p = 0.2 }
    normalize {
      mean = [0.4914, 0.4822, 0.4465]
      std  = [0.2470, 0.2435, 0.2616]
    }
  }
}

# The labelled images of the evaluation.
dataset "bank" {
  source "image_folder" {
    data_prefix = "${local.data}/train"
  }
  view {
    center_crop { size = 32 }
    normalize {
      mean = [0.4914, 0.4822, 0.4465]
      std  = [0.2470, 0.2435, 0.2616]
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
      std  = [0.2470, 0.2435, 0.2616]
    }
  }
}

loader {
  batch_size = 512
}

optimizer "sgd" {
  lr           = 0.24 # 0.06 for each 128 images
  momentum     = 0.9
  nesterov     = true
  weight_decay = 5e-4
}

schedule "step" {
  milestones    = [120, 160]
  warmup        = "linear"
  warmup_length = 5
  warmup_ratio  = 0.01
}

train {
  epochs = 200
}

monitor "knn" {
  every       = 10
  max_bank    = 10000
  max_queries = 2000
}

evaluate "knn" {
  k = 200
}
