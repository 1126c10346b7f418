# A predictor that predicts something else.
extends = ["base/base.hcl"]

algorithm "byol" {
  backbone "resnet" {
    depth         = 10
    num_stages    = 1
    base_channels = 2
    stem_channels = 2
    out_indices   = [1]
  }
  neck "linear" { out_channels = 4 }
  head "latent_predict" {
    predictor "linear" {
      out_channels = 5 # ERROR: Shape mismatch
    }
  }
}
