# A small vision transformer trained with labels on Fashion-MNIST: learnt positions, drop path, LAMB.

locals {
  data = env("SSC_DATA", "data/fashion-mnist")
}

pipeline "vit_fmnist" {
  description = "supervised vision transformer of width 96, Fashion-MNIST"
}

algorithm "classification" {
  backbone "vision_transformer" {
    embed_dims     = 96
    num_layers     = 4
    num_heads      = 4
    img_size       = 28
    patch_size     = 4
    pos_embed      = "learned"
    init           = "trunc_normal"
    drop_path_rate = 0.1
  }
  head "cls" {
    num_classes = 10
  }
}

dataset "train" {
  source "idx" {
    images = "${local.data}/train-images-idx3-ubyte.gz"
    labels = "${local.data}/train-labels-idx1-ubyte.gz"
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
  batch_size = 128
}

optimizer "lamb" {
  lr           = 5e-3
  weight_decay = 0.02
  clip_norm    = 1
  group {
    match        = "ln[12]\\.|bias$|cls_token|pos_embed"
    weight_decay = 0
  }
}

schedule "cosine" {
  by                 = "step"
  warmup             = "linear"
  warmup_length      = 200
  warmup_by          = "step"
  warmup_ratio       = 0.01
  start_after_warmup = true
}

train {
  epochs = 10
}

evaluate "accuracy" {}
