# SimCLR with a vision transformer on ImageNet-1k: MoCo v3's ViT-S/16 with its fixed positions, frozen patch embedding, AdamW and warm-up (Chen, Xie and He 2021,
# appendix A), under SimCLR's loss. A step is four micro-batches of 256 images.

extends = ["simclr_resnet50_8xb32-coslr-200e_in1k.hcl"]

pipeline "simclr_vit-small_in1k" {
  description = "SimCLR, ViT-S/16, ImageNet-1k, 300 epochs"
}

algorithm "simclr" {
  backbone "vision_transformer" {
    arch            = "mocov3-small"
    img_size        = 224
    patch_size      = 16
    stop_grad_conv1 = true
  }
  neck "nonlinear" {
    in_channels  = 384
    hid_channels = 4096
    out_channels = 256
    num_layers   = 3
  }
  head "contrastive" {
    temperature = 0.2
  }
}

optimizer "adamw" {
  lr           = 6e-4 # 1.5e-4 for every 256 images
  weight_decay = 0.1
}

schedule "cosine" {
  by                 = "step"
  warmup             = "linear"
  warmup_length      = 40
  warmup_by          = "epoch"
  warmup_ratio       = 1e-4
  start_after_warmup = true
}

train {
  epochs     = 300
  accumulate = 4
}
