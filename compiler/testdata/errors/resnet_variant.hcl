# What makes the variant cannot be taken away.
extends = ["base/base.hcl"]

algorithm "simclr" {
  backbone "resnetv1d" {
    deep_stem = false # ERROR: Unknown argument
  }
  neck "nonlinear" {}
  head "contrastive" {}
}
