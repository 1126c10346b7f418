# Images that a text file lists, one path on each line; paths that lead to no file are left out and counted.

extends = ["_base_/simclr.hcl"]

locals {
  data = env("SSC_DATA", "data/places205")
}

dataset "train" {
  source "image_list" {
    data_prefix = "${local.data}/images"
    ann_file    = "${local.data}/meta/train.txt"
    missing     = "skip"
  }
}
