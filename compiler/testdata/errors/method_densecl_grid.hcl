# Cells that cannot be compared with the backbone's.
extends = ["base/base.hcl"]

algorithm "densecl" {
  queue_len = 6
  feat_dim  = 4
  backbone "resnet" {
    depth         = 10
    num_stages    = 1
    base_channels = 2
    stem_channels = 2
    out_indices   = [1]
  }
  neck "densecl" {
    out_channels = 4
    num_grid     = 1 # ERROR: Shape mismatch
  }
  head "contrastive" {}
}
