# What a component's own conditions find: all of it, in one go.
extends = ["base/base.hcl"]

algorithm "simclr" {
  backbone "resnet" {
    strides     = []  # ERROR: Invalid value
    out_indices = [2] # ERROR: Invalid value
    stem_kernel = 4   # ERROR: Invalid value
  }
}

optimizer "sgd" {
  nesterov = true # ERROR: Invalid value
}

schedule "cosine" {
  warmup = "exp" # ERROR: Invalid value
}

train {
  precision = "fp16" # ERROR: Invalid value
}
