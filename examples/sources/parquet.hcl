# A data set of the Hugging Face hub, as its files were downloaded.

extends = ["_base_/simclr.hcl"]

locals {
  data = env("SSC_DATA", "data/food101/data")
}

dataset "train" {
  source "parquet" {
    files = ["${local.data}/train-*-of-*.parquet"]
    label = ""
  }
}
