# simclr_steps.hcl with AdamW; excluded parameters are not decayed.

extends = ["simclr_steps.hcl"]

optimizer "adamw" {
  lr           = 0.001
  betas        = [0.9, 0.999]
  weight_decay = 0.05
  group {
    match        = "(bn|gn)(\\d+)?.(weight|bias)"
    weight_decay = 0
  }
  group {
    match        = "bias"
    weight_decay = 0
  }
}
