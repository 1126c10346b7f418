extends = ["../_base_/simclr.hcl"]

variable "n" {
  type = number
}

train {
  epochs = var.n
}
