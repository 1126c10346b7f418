extends = ["../_base_/simclr.hcl"]

train {
  epochs    = local.x
  log_every = 0
  precision = 5
}
