extends = ["methods.hcl"]

algorithm "npid" {
  neg_num = 12
  backbone "resnet" {
    depth         = 10
    num_stages    = 2
    base_channels = 4
    stem_channels = 4
    stem          = "small"
    out_indices   = [2]
  }
  neck "linear" { out_channels = 8 }
  head "contrastive" { temperature = 0.2 }
  memory "simple" {
    length   = 20
    feat_dim = 8
    momentum = 0.25
  }
}

dataset "train" {
  view {
    count = 1
  }
}
