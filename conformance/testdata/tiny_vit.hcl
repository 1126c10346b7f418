# The network of tiny.hcl as a vision transformer that drops branches, updated by LAMB. No file is read; the tests feed the batches.

extends = ["tiny.hcl"]

pipeline "tiny_vit" {}

algorithm "simclr" {
  backbone "vision_transformer" {
    embed_dims     = 16
    num_layers     = 2
    num_heads      = 2
    img_size       = 8
    patch_size     = 2
    out_type       = "avg_featmap"
    drop_path_rate = 0.1
  }
}

optimizer "lamb" {
  lr           = 0.03
  weight_decay = 0.02
}
