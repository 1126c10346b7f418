# ViT-S/16 on 224-pixel images, 32 views a step: a net for `make bench`, which feeds it noise.
algorithm "simclr" {
  backbone "vision_transformer" {
    arch      = "deit-small"
    pos_embed = "learned"
    init      = "trunc_normal"
  }
  neck "nonlinear" {
    hid_channels   = 512
    out_channels   = 128
    with_last_bn   = false
    with_last_bias = true
    with_avg_pool  = false
  }
  head "contrastive" { temperature = 0.2 }
}

dataset "train" {
  source "image_folder" { data_prefix = "never-opened" }
  view {
    count = 2
    random_resized_crop { size = 224 }
    normalize {
      mean = [0.5]
      std  = [0.25]
    }
  }
}

loader { batch_size = 16 }

optimizer "adamw" {
  lr           = 1e-3
  weight_decay = 0.05
}
