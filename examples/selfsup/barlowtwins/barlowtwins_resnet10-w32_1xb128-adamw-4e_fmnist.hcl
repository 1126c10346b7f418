# Barlow Twins on the 60,000 training images of Fashion-MNIST: four minutes or less on two cores, by the cost of a step. Images, optimizer and evaluation are those of SimCLR's
# example.
# Meter: linear probe.

extends = ["../_base_/fmnist.hcl"]

pipeline "barlowtwins_fmnist" {
  description = "Barlow Twins, three-stage ResNet of width 32, Fashion-MNIST"
}

algorithm "barlowtwins" {
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
    out_channels = 512
    num_layers   = 3
    with_last_bn = false
  }
  head "latent_cross_correlation" {
  }
}

loader {
  batch_size = 128
}

train {
  epochs = 4
}
