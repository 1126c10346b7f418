extends = ["methods.hcl"]

algorithm "barlowtwins" {
  backbone "resnet" {
    depth         = 10
    num_stages    = 2
    base_channels = 4
    stem_channels = 4
    stem          = "small"
    out_indices   = [2]
  }
  neck "nonlinear" {
    hid_channels = 16
    out_channels = 8
    num_layers   = 3
    with_last_bn = false
  }
  head "latent_cross_correlation" { in_channels = 8 }
}
