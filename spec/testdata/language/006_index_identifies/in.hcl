extends = ["../_base_/simclr.hcl"]

dataset "train" {
  view {}
  view {
    count = 3
  }
}

optimizer "sgd" {
  group {
    lr_mult = 5
  }
}
