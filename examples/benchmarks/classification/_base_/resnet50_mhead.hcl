# Linear classifiers on each stage of the frozen ResNet-50 at once: which depth holds what.

extends = ["weights.hcl"]

algorithm "classification" {
  backbone "resnet" {
    depth         = 50
    frozen_stages = 4
    out_indices   = [0, 1, 2, 3, 4]
  }
  head "multi_cls" {
    pool_type  = "specified"
    in_indices = [0, 1, 2, 3, 4]
    norm "sync_bn" { affine = false }
  }
}

dataset "train" {
  view {
    random_resized_crop { size = 224 }
    random_horizontal_flip {}
    color_jitter {
      brightness = 0.4
      contrast   = 0.4
      saturation = 0.4
      hue        = 0.4
    }
    normalize {
      mean = [0.485, 0.456, 0.406]
      std  = [0.229, 0.224, 0.225]
    }
    lighting {}
  }
}

dataset "test" {
  view {
    resize { size = 256 }
    center_crop { size = 224 }
    normalize {
      mean = [0.485, 0.456, 0.406]
      std  = [0.229, 0.224, 0.225]
    }
  }
}

loader {
  batch_size = 256
}

optimizer "sgd" {
  lr           = 0.01
  momentum     = 0.9
  weight_decay = 1e-4
  nesterov     = true
}

train {
  log_every = 50
}

evaluate "accuracy" {}
