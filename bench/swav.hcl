# SwAV with two large and six small crops: a net for `make bench`, which feeds it noise.
extends = ["../examples/selfsup/swav/swav_resnet10-w32_1xb256-mcrop-2-2-adamw-3e_fmnist-28-16.hcl"]

algorithm "swav" {
  head "swav" {
    num_crops         = [2, 6]
    freeze_prototypes = 0
  }
}

dataset "train" {
  view {
    count = 2
  }
  view {
    count = 6
  }
}
