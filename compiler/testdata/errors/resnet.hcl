# A deep stem with what it has no use for.
extends = ["base/base.hcl"]

algorithm "simclr" {
  backbone "resnetv1d" {
    depth         = 10
    stem_channels = 3 # ERROR: Invalid value
    stem_kernel   = 5 # ERROR: Invalid value
  }
  neck "nonlinear" {}
  head "contrastive" {}
}
