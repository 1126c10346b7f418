# As many negatives as images, of which one is the image itself.
extends = ["base/base.hcl"]

algorithm "npid" {
  neg_num    = 100 # ERROR: Too many negatives
  ensure_neg = true
  backbone "resnet" {
    depth         = 10
    num_stages    = 1
    base_channels = 2
    stem_channels = 2
    out_indices   = [1]
  }
  neck "linear" { out_channels = 4 }
  head "contrastive" {}
  memory "simple" {
    length   = 100
    feat_dim = 4
  }
}

dataset "train" {
  view { count = 1 }
}
