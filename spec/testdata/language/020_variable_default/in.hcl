extends = ["../_base_/simclr.hcl"]

variable "n" {
  type        = number
  default     = 3
  description = "epochs"
}

train {
  epochs = var.n * 2
}
