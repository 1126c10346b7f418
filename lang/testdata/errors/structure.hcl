extends = ["base/whole.hcl", "base/missing.hcl", var.base] # ERROR: Unreadable file | Invalid base

epochs = 3 # ERROR: Unexpected argument

train "a" "b" {} # ERROR: Unexpected label

locals {
  a = 1
}

locals {
  a = 2 # ERROR: Duplicate local
}
