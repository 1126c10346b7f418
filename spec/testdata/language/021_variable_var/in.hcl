extends = ["../_base_/simclr.hcl"]

variable "n" {
  type    = number
  default = 3
}

train {
  epochs = var.n * 2
}
