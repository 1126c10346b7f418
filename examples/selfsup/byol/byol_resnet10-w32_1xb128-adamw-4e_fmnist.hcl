# BYOL on the 60,000 training images of Fashion-MNIST: four minutes or less on two cores, by the cost of a step. Images, optimizer and evaluation are those of SimCLR's
# example.
# Meter: linear probe.

extends = ["../_base_/fmnist.hcl"]

pipeline "byol_fmnist" {
  description = "BYOL, three-stage ResNet of width 32, Fashion-MNIST"
}

algorithm "byol" {
  base_momentum = 0.99 # the run is short: so must the teacher's memory be
  backbone "resnet" {
    depth         = 10
    num_stages    = 3
    base_channels = 32
    stem_channels = 32
    stem          = "small"
    stem_kernel   = 5 # 28 pixels become 14, 7 and 4
    stem_stride   = 2
    out_indices   = [3]
  }
  neck "nonlinear" {
    pool_size    = 4
    hid_channels = 512
    out_channels = 128
    with_last_bn = false
  }
  head "latent_predict" {
    predictor "nonlinear" {
      hid_channels   = 256
      out_channels   = 128
      with_last_bn   = false
      with_last_bias = true
      with_avg_pool  = false
    }
  }
}

loader {
  batch_size = 128
}

train {
  epochs = 4
}
