# No memory, and one that is not there.
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
  memory "simpel" {} # ERROR: Unknown memory
}

dataset "train" {
  view { count = 1 }
}
