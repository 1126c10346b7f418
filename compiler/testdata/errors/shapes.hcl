# A neck that declares another input than it gets.
extends = ["base/base.hcl"]

algorithm "simclr" {
  neck "linear" {
    in_channels = 64 # ERROR: Shape mismatch
  }
}
