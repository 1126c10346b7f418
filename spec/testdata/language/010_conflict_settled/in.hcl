extends = ["../_base_/simclr.hcl", "../009_bases_conflict/other.hcl"]

optimizer "sgd" {
  lr = 0.5
}

algorithm "simclr" {
  backbone "resnet" {
    depth = 18
  }
}
