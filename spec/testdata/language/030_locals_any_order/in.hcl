extends = ["../_base_/simclr.hcl"]

locals {
  a = local.b + 1
  b = 2
}

train {
  epochs = local.a
}
