# A norm whose groups do not divide the channels.
extends = ["base/base.hcl"]

algorithm "simclr" {
  backbone "resnet" { # ERROR: Shape mismatch
    norm "gn" { num_groups = 32 }
  }
}
