extends = ["../_base_/simclr.hcl"]

variable "n" {
  default = 3
}

variable "m" {
  default = 3
}

train {
  epochs    = var.n
  log_every = var.m
}
