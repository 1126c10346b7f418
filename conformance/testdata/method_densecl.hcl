extends = ["methods.hcl"]

algorithm "densecl" {
  queue_len   = 16
  feat_dim    = 8
  momentum    = 0.9
  start_iters = 1
  backbone "resnet" {
    depth         = 10
    num_stages    = 2
    base_channels = 4
    stem_channels = 4
    stem          = "small"
    out_indices   = [2]
  }
  neck "densecl" {
    hid_channels = 12
    out_channels = 8
  }
  head "contrastive" { temperature = 0.2 }
}
