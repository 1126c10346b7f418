extends = ["methods.hcl"]

algorithm "interclr" {
  queue_len             = 16
  feat_dim              = 8
  momentum              = 0.9
  extractor             = "train"
  neg_num               = 6
  num_classes           = 5
  online_labels         = false
  neg_sampling          = "semieasy"
  semieasy_neg_pool_num = 12
  intra_cos_margin_loss = true
  intra_cos_margin      = 0.1
  inter_cos_margin_loss = false
  inter_arc_margin_loss = true
  inter_arc_margin      = 0.7
  warmup_epochs         = 1
  backbone "resnet" {
    depth         = 10
    num_stages    = 2
    base_channels = 4
    stem_channels = 4
    stem          = "small"
    out_indices   = [2]
  }
  neck "moco_v2" {
    hid_channels = 12
    out_channels = 8
  }
  head "contrastive" { temperature = 0.2 }
  memory {
    length      = 20
    feat_dim    = 8
    momentum    = 1
    min_cluster = 2
  }
  clustering {
    pca_dim = -1
  }
}
