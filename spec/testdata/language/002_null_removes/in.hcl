extends = ["../_base_/simclr.hcl"]

train {
  epochs = null
}

optimizer "sgd" {
  group = null
}
