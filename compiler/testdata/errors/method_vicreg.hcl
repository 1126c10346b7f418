# A batch without variance.
extends = ["base/base.hcl"]

algorithm "vicreg" {
  backbone "resnet" {
    depth         = 10
    num_stages    = 1
    base_channels = 2
    stem_channels = 2
    out_indices   = [1]
  }
  neck "linear" { out_channels = 4 }
  head "vicreg" {} # ERROR: Batch too small
}

loader { batch_size = 1 }
