# A whole pipeline of the small schema, which the faulty files extend.

algorithm "simclr" {
  backbone "resnet" {
    depth = 18
  }
  neck "nonlinear" {}
  head "contrastive" {}
}

dataset "train" {
  source "idx" {
    images = "images"
  }
  view {
    normalize {}
  }
}

optimizer "sgd" {}
