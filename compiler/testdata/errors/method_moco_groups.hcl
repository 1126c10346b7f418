# Groups that a batch of three does not have.
extends = ["base/base.hcl"]

algorithm "moco" {
  groups = 2 # ERROR: Shape mismatch
  backbone "resnet" {
    depth         = 10
    num_stages    = 1
    base_channels = 2
    stem_channels = 2
    out_indices   = [1]
  }
  neck "linear" { out_channels = 4 }
  head "contrastive" {}
}
