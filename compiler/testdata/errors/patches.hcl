# Patches that do not cover the images.
extends = ["base/base.hcl"]

algorithm "simclr" {
  backbone "vision_transformer" { # ERROR: Shape mismatch
    embed_dims = 8
    num_heads  = 2
    num_layers = 1
    patch_size = 3
  }
}
