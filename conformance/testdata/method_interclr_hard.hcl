extends = ["methods.hcl"]

algorithm "interclr" {
  queue_len             = 16
  feat_dim              = 8
  momentum              = 0.9
  extractor             = "train"
  neg_num               = 6
  num_classes           = 5
  neg_sampling          = "hard"
  intra_arc_margin_loss = true
  intra_arc_margin      = 0.4
  inter_cos_margin_loss = false
  inter_arc_margin_loss = true
  inter_arc_margin      = -0.3
  share_neck            = false
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
    momentum    = 0.75
    min_cluster = 2
  }
  clustering {
    pca_dim = -1
  }
}
