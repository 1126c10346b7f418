extends = ["../_base_/simclr.hcl"]

variable "n" {
  type    = number
  default = 3
}
