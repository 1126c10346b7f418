extends = ["../_base_/simclr.hcl"]

variable "n" {
  type    = number
  default = 3
  validation {
    condition     = var.n < 10
    error_message = "At most nine."
  }
}
