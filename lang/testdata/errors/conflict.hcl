# Two bases differ in what neither this file nor one of them settles.
extends = ["base/whole.hcl", "base/other.hcl"]

optimizer "sgd" {
  lr = 0.3
}
