# Embeddings of another size than declared.
extends = ["base/base.hcl"]

algorithm "barlowtwins" {
  backbone "resnet" {
    depth         = 10
    num_stages    = 1
    base_channels = 2
    stem_channels = 2
    out_indices   = [1]
  }
  neck "linear" { out_channels = 4 }
  head "latent_cross_correlation" {
    in_channels = 5 # ERROR: Shape mismatch
  }
}
