# Rows of another size than the neck's output.
extends = ["base/base.hcl"]

algorithm "npid" {
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
    feat_dim = 5 # ERROR: Shape mismatch
  }
}

dataset "train" {
  view { count = 1 }
}
