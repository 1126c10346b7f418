# A neck that knows no cells.
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
  neck "linear" { out_channels = 4 } # ERROR: Unsuitable neck
  head "contrastive" {}
}
