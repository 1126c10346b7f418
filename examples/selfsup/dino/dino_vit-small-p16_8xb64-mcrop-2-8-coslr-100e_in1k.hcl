# DINO with ViT-S/16 on ImageNet-1k: the authors' recipe with 2 large and 8 small crops for 100 epochs. Their 8 processes of 64 images are one batch of 512 here. Weight decay moves from 0.04 to 0.4;
# norms and biases have none.

extends = ["../_base_/imagenet_dino.hcl"]

pipeline "dino_vit-small_in1k" {
  description = "DINO, ViT-S/16, ImageNet-1k, 100 epochs, 2 large and 8 small crops"
}

locals {
  crop_border = 0.4
  small_crops = 8
}

algorithm "dino" {
  base_momentum = 0.996
  backbone "vision_transformer" {
    arch           = "deit-small"
    img_size       = 224
    patch_size     = 16
    pos_embed      = "learned"
    drop_path_rate = 0.1
  }
  neck "dino" {
    in_channels         = 384
    hid_channels        = 2048
    bottleneck_channels = 256
    out_channels        = 65536
  }
  head "dino" {
    num_crops                  = [2, 8]
    teacher_temp               = 0.04
    warmup_teacher_temp        = 0.04
    warmup_teacher_temp_epochs = 0
  }
}

loader {
  batch_size = 512
  last       = "drop"
}

optimizer "adamw" {
  lr               = 1e-3 # 5e-4 for every 256 images
  weight_decay     = 0.04
  end_weight_decay = 0.4
  clip_norm        = 3
  group {
    match        = "bias$|\\bln\\d"
    weight_decay = 0
  }
}

schedule "cosine" {
  by                 = "step"
  min_lr             = 1e-6
  warmup             = "linear"
  warmup_length      = 10
  warmup_ratio       = 0
  start_after_warmup = true
}

train {
  epochs    = 100
  log_every = 50
  checkpoint {
    epochs = 10
    keep   = 3
  }
}
