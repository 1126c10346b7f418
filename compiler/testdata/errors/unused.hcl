# The loss sees the stem alone.
extends = ["base/base.hcl"]

algorithm "simclr" { # ERROR: No gradient
  backbone "resnet" { out_indices = [0] }
}
