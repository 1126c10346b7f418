# Prototypes of another size.
extends = ["base/base.hcl"]

algorithm "swav" {
  backbone "resnet" {
    depth         = 10
    num_stages    = 1
    base_channels = 2
    stem_channels = 2
    out_indices   = [1]
  }
  neck "swav" { out_channels = 4 }
  head "swav" {
    feat_dim = 5 # ERROR: Shape mismatch
  }
}
