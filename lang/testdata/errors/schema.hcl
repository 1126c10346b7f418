extends = ["base/whole.hcl"]

trian {} # ERROR: Unknown block

train {
  epoch      = 3      # ERROR: Unknown argument
  epochs     = "3"    # ERROR: Wrong type
  precision  = "fp23" # ERROR: Invalid value
  log_every  = 0      # ERROR: Invalid value
  checkpoint = 3      # ERROR: Unknown argument
}

train {} # ERROR: Duplicate block

loader "big" { # ERROR: Unexpected label
  batch_size = 1.5
}

algorithm "simclr" {
  backbone "rasnet" {} # ERROR: Unknown backbone
}

dataset "train" {
  view {
    normalise {} # ERROR: Unknown block
    normalize {
      std = [1, -1] # ERROR: Invalid value
    }
    random_resized_crop {
      size = [1, 2, 3] # ERROR: Wrong type
    }
    random_applied_trans {} # ERROR: Missing block
    count {}                # ERROR: Unknown block
    gaussian_blur "a" {}    # ERROR: Unexpected label
  }
}

dataset "test" { # ERROR: Missing block
}

dataset "bank" {
  source "idx" { # ERROR: Missing argument
  }
}

dataset "bank" {} # ERROR: Duplicate block

dataset "null" {
  source "idx" {
    images = null # ERROR: Missing argument
  }
}

monitor {} # ERROR: Missing label

optimizer "sgd" {
  lr       = -1    # ERROR: Invalid value
  momentum = [0.9] # ERROR: Wrong type
}
