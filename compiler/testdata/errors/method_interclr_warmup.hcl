# A loss between images that would never count.
extends = ["base/base.hcl"]

algorithm "interclr" {
  queue_len             = 6
  feat_dim              = 4
  extractor             = "train"
  neg_num               = 7
  semihard_neg_pool_num = 20
  num_classes           = 5
  warmup_epochs         = 3 # ERROR: Warm-up too long
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

train { epochs = 3 }
