# The pool that is usual for ImageNet, with a small memory.
extends = ["base/base.hcl"]

algorithm "interclr" { # ERROR: Pool too large
  queue_len   = 6
  feat_dim    = 4
  extractor   = "train"
  neg_num     = 7
  num_classes = 5
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
