extends = ["methods.hcl"]

algorithm "nnclr" {
  queue_len = 16
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

  }
  head "nnclr" {
    predictor "nonlinear" {
      hid_channels   = 12
      out_channels   = 8
      with_last_bn   = false
      with_last_bias = true
      with_avg_pool  = false
    }
  }
}
