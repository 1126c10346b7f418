extends = ["../_base_/simclr.hcl"]

algorithm "simclr" {
  backbone "resnet" {
    depth = 34
  }
}
