extends = ["../_base_/simclr.hcl"]

locals {
  a = local.b
  b = local.a
}

train {
  epochs = local.a
}
