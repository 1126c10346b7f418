extends = ["../_base_/simclr.hcl"]

locals {
  crop = [0.6, 1]
}
