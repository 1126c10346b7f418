extends = ["../_base_/simclr.hcl"]

optimizer "sgd" {
  lr = 1 / 0
}
