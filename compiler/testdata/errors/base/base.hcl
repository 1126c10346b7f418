# A sound pipeline; the files beside this folder spoil it.

algorithm "simclr" {
  backbone "resnet" {
    depth         = 10
    num_stages    = 1
    base_channels = 2
    stem_channels = 2
    out_indices   = [1]
  }
  neck "linear" { out_channels = 4 }
  head "contrastive" {}
}

dataset "train" {
  source "files" {}
  view {
    count = 2
    crop { size = 8 }
  }
}

loader { batch_size = 3 }

optimizer "sgd" {}
