# A weight decay that moves to a place that is none, in unknown units.
extends = ["base/base.hcl"]

optimizer "adamw" {
  end_weight_decay = -0.4    # ERROR: Invalid value
  weight_decay_by  = "month" # ERROR: Invalid value
}
