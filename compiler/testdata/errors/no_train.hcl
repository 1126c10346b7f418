# Nothing to train on. # ERROR: Missing block
algorithm "simclr" {
  backbone "resnet" {}
  neck "linear" {}
  head "contrastive" {}
}

dataset "test" {
  source "files" {}
  view {
    crop { size = 8 }
  }
}

optimizer "sgd" {}
# The file as a whole lacks a block, which is reported at its beginning.
