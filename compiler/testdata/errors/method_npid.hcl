# A memory with rows of another size than the neck's, a share that is none, and no number of rows.
extends = ["base/base.hcl"]

algorithm "npid" {
  neg_num = 0 # ERROR: Invalid value
  backbone "resnet" {
    depth         = 10
    num_stages    = 1
    base_channels = 2
    stem_channels = 2
    out_indices   = [1]
  }
  neck "linear" { out_channels = 4 }
  head "contrastive" {
    temperature = 0 # ERROR: Invalid value
  }
  memory "simple" { # ERROR: Missing argument
    momentum = 1.5 # ERROR: Invalid value
  }
}

dataset "train" {
  view { count = 1 }
}
