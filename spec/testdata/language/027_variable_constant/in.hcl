extends = ["../_base_/simclr.hcl"]

locals {
  m = 3
}

variable "n" {
  default = local.m
}
