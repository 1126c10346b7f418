# Patterns that are none.
extends = ["base/base.hcl"]

train {
  init_from {
    checkpoint = "runs/simclr"
    fresh      = ["^head", "("] # ERROR: Invalid value
    unused     = ["["]          # ERROR: Invalid value
  }
}
