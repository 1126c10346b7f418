# A queue that batches of three do not fill.
extends = ["base/base.hcl"]

algorithm "nnclr" {
  queue_len = 4 # ERROR: Queue not filled evenly
  backbone "resnet" {
    depth         = 10
    num_stages    = 1
    base_channels = 2
    stem_channels = 2
    out_indices   = [1]
  }
  neck "linear" { out_channels = 4 }
  head "nnclr" {
    predictor "linear" { out_channels = 4 }
  }
}
