# A small set ten times over: an epoch, and with it the time between two checkpoints or evaluations, is ten times as long.

extends = ["_base_/simclr.hcl"]

dataset "train" {
  source "repeat" {
    times = 10
    source "folder" { path = env("SSC_DATA", "data/photos") }
  }
}
