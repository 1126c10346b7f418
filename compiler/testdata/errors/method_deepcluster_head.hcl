# A head that labels no images.
extends = ["base/base.hcl"]

algorithm "deepcluster" { # ERROR: Unsuitable head
  extractor = "train"
  backbone "resnet" {
    depth         = 10
    num_stages    = 1
    base_channels = 2
    stem_channels = 2
    out_indices   = [1]
  }
  neck "avg_pool2d" {}
  head "contrastive" {}
}

dataset "train" {
  view {
    count = 1
    crop { size = 9 }
  }
}
