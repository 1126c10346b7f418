# Views that make no batch.
extends = ["base/base.hcl"]

dataset "small" {
  source "files" {}
  view {
    crop { size = 4 }
    crop { size = 8 } # ERROR: Unsuitable transform
  }
}

dataset "varying" {
  source "files" {}
  view { # ERROR: Image size unknown
    crop { size = 4 }
    scale {}
  }
}

dataset "none" { # ERROR: Missing block
  source "files" {}
}
