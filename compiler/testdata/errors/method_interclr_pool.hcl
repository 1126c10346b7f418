# A pool of fewer images than are drawn from it.
extends = ["base/base.hcl"]

algorithm "interclr" {
  queue_len             = 6
  feat_dim              = 4
  extractor             = "train"
  neg_num               = 7
  neg_sampling          = "semieasy"
  semieasy_neg_pool_num = 6 # ERROR: Pool too small
  num_classes           = 5
  backbone "resnet" {
    depth         = 10
    num_stages    = 1
    base_channels = 2
    stem_channels = 2
    out_indices   = [1]
  }
  neck "linear" { out_channels = 4 }
  head "contrastive" {}
  memory {
    length   = 100
    feat_dim = 4
  }
}
