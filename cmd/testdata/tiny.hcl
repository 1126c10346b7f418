# A run of 3 epochs of 5 steps over 37 tiny images.
variable "data" {
  type    = string
  default = "data"
}

pipeline "tiny" { seed = 7 }

algorithm "simclr" {
  backbone "resnet" {
    depth         = 10
    num_stages    = 2
    base_channels = 4
    stem_channels = 4
    stem          = "small"
    out_indices   = [2]
  }
  neck "nonlinear" {
    hid_channels = 8
    out_channels = 8
  }
  head "contrastive" {}
}

dataset "train" {
  source "idx" { images = "${var.data}/images" }
  view {
    count = 2
    random_resized_crop { size = 8 }
    random_horizontal_flip {}
    normalize {
      mean = [0.5]
      std  = [0.25]
    }
  }
}

dataset "bank" {
  source "idx" {
    images = "${var.data}/images"
    labels = "${var.data}/labels"
  }
  view {
    center_crop { size = 8 }
    normalize {
      mean = [0.5]
      std  = [0.25]
    }
  }
}

loader { batch_size = 8 }

optimizer "adamw" {
  lr = 0.01
  group {
    match        = "bias$"
    weight_decay = 0
  }
}

schedule "cosine" {
  by            = "step"
  warmup        = "linear"
  warmup_length = 1
}

train {
  epochs    = 3
  log_every = 2
  checkpoint { steps = 2 }
}

evaluate "knn" {
  bank       = "bank"
  queries    = "bank"
  k          = 3
  raw_pixels = true
  untrained  = true
}
