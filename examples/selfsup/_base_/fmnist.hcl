# What the small examples share: images, views, optimizer, schedule and evaluation of SimCLR's; but the features are four cells of the last map, and the linear
# probe is also made of the encoder before training.

extends = ["../simclr/simclr_resnet10-w32_1xb256-adamw-6e_fmnist.hcl"]

evaluate "linear" {
  untrained = true
}

export {
  pool_size = 2
}
