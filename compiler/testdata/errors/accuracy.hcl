# A probe of a classifier where none is trained.
extends = ["base/base.hcl"]

evaluate "accuracy" { # ERROR: No classifier
  queries = "train"
}
