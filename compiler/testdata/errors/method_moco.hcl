# A queue that batches of three do not fill, and keys of another size.
extends = ["base/base.hcl"]

algorithm "moco" {
  queue_len = 8 # ERROR: Queue not filled evenly
  feat_dim  = 5 # ERROR: Shape mismatch
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
