# A momentum where there is none.
extends = ["base/base.hcl"]

optimizer "adamw" {
  group {
    match = "bias$"
  }
  group {
    match    = "weight$"
    momentum = 0.5 # ERROR: Unsuitable argument
  }
}
