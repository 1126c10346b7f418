extends = ["base/whole.hcl"]

variable "lr" {
  type = number
}

variable "epochs" { # ERROR: Missing variable
  type = number
}

variable "size" {
  type    = strin    # ERROR: Invalid type
  default = var.lr   # ERROR: Not a constant
  defualt = 2        # ERROR: Unknown argument
}

variable "scale" {
  default = 5 # ERROR: Invalid value
  validation {
    condition     = var.scale < 2
    error_message = "Write less than 2"
  }
  validation { # ERROR: Missing argument
    condition = true
  }
  validation {
    condition     = "maybe" # ERROR: Wrong type
    error_message = "No."
  }
}

variable "list" {
  type    = list(number)
  default = ["a"] # ERROR: Wrong type
}

variable "a b" {} # ERROR: Invalid variable name | Missing variable

variable "lr" { # ERROR: Duplicate variable
  default = 3
}

locals {
  first  = local.second # ERROR: Cycle of locals
  second = local.third
  third  = local.first
  after  = local.third + 1
  self   = local.self # ERROR: Cycle of locals
  fine   = 3
}

train {
  epochs    = var.epoch         # ERROR: Unknown variable
  log_every = local.fin         # ERROR: Unknown local
  precision = path.root         # ERROR: Unknown path
}

loader {
  batch_size = local # ERROR: Incomplete reference
}

algorithm "simclr" {
  backbone "resnet" {
    depth         = train.epochs      # ERROR: Unknown name
    base_channels = nosuch(1)         # ERROR: Call to unknown function
    out_indices   = [for x in 3 : x]  # ERROR: Iteration over non-iterable value
    stem          = small             # ERROR: Unknown name
  }
  head "contrastive" {
    temperature = 1 / 0 # ERROR: Value out of range
  }
  neck "nonlinear" {
    hid_channels = log(0, 2)                 # ERROR: Error in function call
    out_channels = env("SSC_NO_SUCH_NAME_X") # ERROR: Invalid function argument
  }
}

schedule "cosine" {
  min_lr = local.after # silent: its cause is reported above
}

pipeline "x" {
  description = lr          # ERROR: Unknown name
  seed        = 1e9999      # ERROR: Value out of range
}
