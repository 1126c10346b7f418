# Rotation prediction with ResNet-50 on ImageNet-1k: MMSelfSup 0.x's configuration of this name. Its 8 processes of 16 images, each in four turns, are one batch of 128 here.

locals {
  data = env("SSC_DATA", "data/imagenet")
}

pipeline "rotation-pred_resnet50_in1k" {
  description = "Rotation prediction, ResNet-50, ImageNet-1k, 70 epochs"
}

algorithm "rotation_pred" {
  backbone "resnet" {
    depth = 50
    norm "sync_bn" {}
  }
  head "cls" {
    with_avg_pool = true
    in_channels   = 2048
    num_classes   = 4
  }
}

dataset "train" {
  source "image_list" {
    data_prefix = "${local.data}/train"
    ann_file    = "${local.data}/meta/train.txt"
  }
  view {
    random_resized_crop { size = 224 }
    random_horizontal_flip {}
    normalize {
      mean = [0.485, 0.456, 0.406]
      std  = [0.229, 0.224, 0.225]
    }
  }
}

loader {
  batch_size = 128
  last       = "drop"
}

optimizer "sgd" {
  lr           = 0.2
  momentum     = 0.9
  weight_decay = 1e-4
}

schedule "step" {
  milestones    = [30, 50]
  warmup        = "linear"
  warmup_length = 5
  warmup_ratio  = 0.1
}

train {
  epochs    = 70
  log_every = 50
  checkpoint {
    epochs = 10
    keep   = 3
  }
}
