extends = ["methods.hcl"]

algorithm "simsiam" {
  backbone "resnet" {
    depth         = 10
    num_stages    = 2
    base_channels = 4
    stem_channels = 4
    stem          = "small"
    out_indices   = [2]
  }
  neck "nonlinear" {
    hid_channels        = 16
    out_channels        = 8
    num_layers          = 3
    with_last_bn_affine = false
  }
  head "latent_predict" {
    predictor "nonlinear" {
      hid_channels   = 6
      out_channels   = 8
      with_last_bn   = false
      with_last_bias = true
      with_avg_pool  = false
    }
  }
}

optimizer "sgd" {
  group {
    match  = "head.predictor"
    fix_lr = true
  }
}
