# Views of two sizes, where the algorithm makes one batch of both.
extends = ["base/base.hcl"]

algorithm "simclr" { # ERROR: View sizes differ
}

dataset "train" {
  view {
    count = 1
    crop { size = 8 }
  }
  view {
    crop { size = 4 }
  }
}
