# Basic blocks have no groups, and no group has no channels.
extends = ["base/base.hcl"]

algorithm "simclr" {
  backbone "resnext" {
    depth           = 18 # ERROR: Invalid value
    width_per_group = 0  # ERROR: Invalid value
  }
  neck "nonlinear" {}
  head "contrastive" {}
}
