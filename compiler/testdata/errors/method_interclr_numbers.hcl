# More clusters and more negatives than images, and two margins in each loss.
extends = ["base/base.hcl"]

algorithm "interclr" {
  queue_len             = 6
  feat_dim              = 4
  extractor             = "train"
  neg_num               = 100 # ERROR: Too many negatives
  neg_sampling          = "hard"
  num_classes           = 200 # ERROR: Too many clusters
  intra_cos_margin_loss = true
  intra_arc_margin_loss = true # ERROR: Two margins
  inter_arc_margin_loss = true # ERROR: Two margins
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
