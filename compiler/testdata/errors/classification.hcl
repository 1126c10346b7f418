# A head that labels nothing.
extends = ["base/base.hcl"]

algorithm "classification" { # ERROR: Unsuitable head
  backbone "resnet" {}
  head "contrastive" {}
}
