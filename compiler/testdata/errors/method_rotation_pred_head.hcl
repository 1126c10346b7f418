# A head that labels nothing.
extends = ["base/base.hcl"]

algorithm "rotation_pred" { # ERROR: Unsuitable head
  backbone "resnet" {
    depth         = 10
    num_stages    = 1
    base_channels = 2
    stem_channels = 2
    out_indices   = [1]
  }
  head "contrastive" {}
}

dataset "train" {
  view {
    count = 1
    crop { size = 9 }
  }
}
