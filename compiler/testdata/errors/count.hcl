# Views that do not fit the algorithm, or the training images.
extends = ["base/base.hcl"]

dataset "train" {
  view {
    count = 3 # ERROR: Wrong number of views
    crop { size = 8 }
  }
}

dataset "grey" { # ERROR: Shape mismatch
  source "files" { channels = 1 }
  view {
    crop { size = 8 }
  }
}

dataset "pairs" { # ERROR: Wrong number of views
  source "files" {}
  view {
    count = 2
    crop { size = 8 }
  }
}
