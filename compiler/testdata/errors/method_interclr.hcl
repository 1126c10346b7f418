# A sampling that there is not, numbers out of range, and neither the dataset that is clustered nor a length.
extends = ["base/base.hcl"]

algorithm "interclr" {           # ERROR: Missing argument
  neg_num               = 0      # ERROR: Invalid value
  neg_sampling          = "easy" # ERROR: Invalid value
  num_classes           = 1      # ERROR: Invalid value
  inter_cos_margin      = -3     # ERROR: Invalid value
  inter_cos_marign_loss = true   # ERROR: Unknown argument
  backbone "resnet" {
    depth         = 10
    num_stages    = 1
    base_channels = 2
    stem_channels = 2
    out_indices   = [1]
  }
  neck "linear" { out_channels = 4 }
  head "contrastive" {}
  memory { # ERROR: Missing argument
    feat_dim = 4
  }
}
