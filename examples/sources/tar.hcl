# WebDataset shards, read at random from where the images lie.

extends = ["_base_/simclr.hcl"]

locals {
  data = env("SSC_DATA", "data/imagenet-wds")
}

dataset "train" {
  source "tar" {
    files = ["${local.data}/imagenet1k-train-{0000..1023}.tar"]
    image = ["jpg", "jpeg", "png"]
    label = "" # there is a field cls, which training does not need
  }
}
