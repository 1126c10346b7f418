extends = ["../_base_/simclr.hcl"]

train {
  epochs = local.crp
}
