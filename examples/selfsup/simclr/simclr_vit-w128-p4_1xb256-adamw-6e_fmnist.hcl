# The SimCLR recipe for Fashion-MNIST with a small vision transformer: four blocks of width 128 on 7x7 patches of four pixels.

extends = ["simclr_resnet10-w32_1xb256-adamw-6e_fmnist.hcl"]

pipeline "simclr_vit_fmnist" {
  description = "SimCLR, vision transformer of width 128, Fashion-MNIST"
}

algorithm "simclr" {
  backbone "vision_transformer" {
    embed_dims = 128
    num_layers = 4
    num_heads  = 4
    img_size   = 28
    patch_size = 4
    out_type   = "avg_featmap"
  }
  neck "nonlinear" {
    pool_size = 1
  }
}

optimizer "adamw" {
  lr           = 1e-3
  weight_decay = 0.05
  group {
    match        = "ln[12]\\.|bias$|cls_token"
    weight_decay = 0
  }
}

export {
  pool_size = 1
}
