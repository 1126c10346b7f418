# Weights to start from: those of the backbone of a run, or of a safetensors file with the same names.

variable "weights" {
  type        = string
  default     = "runs/simclr_resnet50_in1k"
  description = "run folder, checkpoint or safetensors file of the pre-trained network"
}

train {
  init_from {
    checkpoint = var.weights
    from       = "backbone."
    to         = "backbone."
    fresh      = ["^head\\."]
  }
}
