extends = ["../_base_/simclr.hcl"]

optimizer "adamw" {
  weight_decay = 0.2
}
