# Temperatures and shares out of range.
extends = ["base/base.hcl"]

algorithm "byol" {
  base_momentum   = 1.5     # ERROR: Invalid value
  momentum_update = "never" # ERROR: Invalid value
  backbone "resnet" {
    depth         = 10
    num_stages    = 1
    base_channels = 2
    stem_channels = 2
    out_indices   = [1]
  }
  neck "linear" { out_channels = 4 }
  head "mocov3" {
    temperature = 0 # ERROR: Invalid value
    predictor "linear" { out_channels = 4 }
  }
}
