# A run of 3 epochs of 5 steps over 37 tiny images: the last batch of an epoch wraps around.
variable "data" { type = string }

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
    color_jitter { brightness = 0.4 }
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
  }
}

loader { batch_size = 8 }

optimizer "adamw" { lr = 0.01 }

schedule "cosine" { by = "step" }

train {
  epochs    = 3
  log_every = 2
  checkpoint {
    steps = 2
    keep  = 3
  }
}

monitor "knn" {
  bank    = "bank"
  queries = "bank"
  k       = 3
}
