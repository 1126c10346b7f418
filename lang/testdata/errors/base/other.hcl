algorithm "simclr" {
  backbone "resnet" {
    depth = 34 # ERROR: Conflicting bases
  }
  neck "nonlinear" {}
}

dataset "train" {
  source "idx" {
    images = /* said alike */ "images"
  }
  view {
    random_resized_crop {} # ERROR: Conflicting bases
    normalize {}
  }
}

optimizer "adamw" { # settled by the label in the extending file
  lr = 0.2
}
