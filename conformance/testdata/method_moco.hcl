extends = ["methods.hcl"]

algorithm "moco" {
  queue_len = 16
  feat_dim  = 8
  momentum  = 0.9
  backbone "resnet" {
    depth         = 10
    num_stages    = 2
    base_channels = 4
    stem_channels = 4
    stem          = "small"
    out_indices   = [2]
  }
  neck "linear" { out_channels = 8 }
  head "contrastive" { temperature = 0.07 }
}
