extends = ["../_base_/simclr.hcl"]

train {
  epochs = optimizer.lr
}
