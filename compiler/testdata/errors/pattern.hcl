# A pattern that is none.
extends = ["base/base.hcl"]

optimizer "sgd" {
  group {
    match = "(" # ERROR: Invalid value
  }
}
