# A view that does not part into nine patches.
extends = ["base/base.hcl"]

algorithm "relative_loc" { # ERROR: Shape mismatch
  backbone "resnet" {
    depth         = 10
    num_stages    = 1
    base_channels = 2
    stem_channels = 2
    out_indices   = [1]
  }
  neck "relative_loc" { out_channels = 4 }
  head "cls" { num_classes = 8 }
}

dataset "train" {
  view {
    count = 1
    crop { size = 8 }
  }
}
