# BYOL with the other methods' batch: a net for `make bench`, which feeds it noise.
extends = ["../examples/selfsup/byol/byol_resnet10-w32_1xb128-adamw-4e_fmnist.hcl"]

loader {
  batch_size = 256
}
