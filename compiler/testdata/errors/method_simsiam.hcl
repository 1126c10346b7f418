# A head that belongs to another algorithm.
extends = ["base/base.hcl"]

algorithm "simsiam" {
  backbone "resnet" {
    depth         = 10
    num_stages    = 1
    base_channels = 2
    stem_channels = 2
    out_indices   = [1]
  }
  neck "linear" { out_channels = 4 }
  head "contrastive" {} # ERROR: Shape mismatch
}
