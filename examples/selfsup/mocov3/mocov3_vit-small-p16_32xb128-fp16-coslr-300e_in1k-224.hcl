# MoCo v3 with ViT-S/16 on ImageNet-1k: MMSelfSup 0.x's configuration of this name, in float32. Its 32 processes of 128 images are one batch of 4096 here.

extends = ["../_base_/imagenet_mocov3.hcl"]

locals {
  crop_scale = [0.08, 1]
}

pipeline "mocov3_vit_small_in1k" {
  description = "MoCo v3, ViT-S/16, ImageNet-1k, 300 epochs"
}

algorithm "mocov3" {
  base_momentum = 0.99
  backbone "vision_transformer" {
    arch            = "mocov3-small"
    img_size        = 224
    patch_size      = 16
    stop_grad_conv1 = true
  }
  neck "nonlinear" {
    in_channels         = 384
    hid_channels        = 4096
    out_channels        = 256
    num_layers          = 3
    with_last_bn_affine = false
    with_avg_pool       = false
  }
  head "mocov3" {
    temperature = 0.2
    predictor "nonlinear" {
      in_channels         = 256
      hid_channels        = 4096
      out_channels        = 256
      with_last_bn_affine = false
      with_avg_pool       = false
    }
  }
}

loader {
  batch_size = 4096
}

optimizer "adamw" {
  lr           = 2.4e-3
  weight_decay = 0.1
}

schedule "cosine" {
  by            = "step"
  warmup        = "linear"
  warmup_length = 40
  warmup_ratio  = 1e-4
}

train {
  epochs    = 300
  log_every = 50
}
