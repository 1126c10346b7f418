# A table of positions for images that the patches do not cover.
extends = ["base/base.hcl"]

algorithm "simclr" {
  backbone "vision_transformer" {
    embed_dims = 8
    num_heads  = 2
    num_layers = 1
    pos_embed  = "learned"
    img_size   = [8, 9] # ERROR: Invalid value
    patch_size = 2
  }
}
