# Datasets that a probe names and nobody has.
extends = ["base/base.hcl"]

evaluate "knn" {
  bank    = "trian" # ERROR: Unknown dataset
  queries = "train"
}

monitor "knn" { # ERROR: Unknown dataset | Unknown dataset
  k = 5
}
