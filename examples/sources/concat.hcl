# Two sets as one. Nothing is made equal between them but the number of channels.

extends = ["_base_/simclr.hcl"]

dataset "train" {
  source "concat" {
    source "folder" { path = env("SSC_DATA", "data/photos") }
    source "stl10" {
      data_prefix = "data/stl10_binary"
      split       = "unlabeled"
    }
  }
}
