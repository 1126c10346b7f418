extends = ["../_base_/simclr.hcl"]

train {
  epochs = "7"
}
