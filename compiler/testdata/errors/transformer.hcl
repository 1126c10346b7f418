# A vision transformer whose sizes do not fit each other.
extends = ["base/base.hcl"]

algorithm "simclr" {
  backbone "vision_transformer" {
    embed_dims     = 30 # ERROR: Invalid value
    num_heads      = 4  # ERROR: Invalid value
    num_layers     = 2
    mlp_ratio      = 0.01 # ERROR: Invalid value
    patch_size     = 2
    out_indices    = [2] # ERROR: Invalid value
    frozen_stages  = 3   # ERROR: Invalid value
    with_cls_token = false
    out_type       = "cls_token" # ERROR: Invalid value
  }
}
