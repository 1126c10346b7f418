# Everything is frozen.
extends = ["base/base.hcl"]

algorithm "simclr" { # ERROR: Nothing to train
  backbone "resnet" { frozen_stages = 4 }
  neck "avg_pool2d" {}
}
