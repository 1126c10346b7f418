# A default that does not fit is reported at the block.
extends = ["base/base.hcl"]

algorithm "moco" { # ERROR: Queue not filled evenly
  feat_dim = 4
  backbone "resnet" {
    depth         = 10
    num_stages    = 1
    base_channels = 2
    stem_channels = 2
    out_indices   = [1]
  }
  neck "linear" { out_channels = 4 }
  head "contrastive" {}
}
