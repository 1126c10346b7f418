optimizer "sgd" {
  lr       = 0.05
  momentum = 0.8
}
algorithm "simclr" {
  backbone "resnet" {
    depth = 50
    stem  = /* the same */ "small"
  }
}
