# Datasets of two sizes for one graph.
extends = ["base/base.hcl"]

dataset "bank" {
  source "files" {}
  view {
    crop { size = 8 }
  }
}

dataset "test" {
  source "files" {}
  view {
    crop { size = 6 }
  }
}

evaluate "linear" {
  queries = "test" # ERROR: Shape mismatch
}
