extends = ["../_base_/simclr.hcl"]

variable "epochs" {
  default = 3
}
