# NPID on 15,000 of the training images of Fashion-MNIST. Optimizer and evaluation are those of SimCLR's example. An image is compared with what it was an epoch ago: it must come again often before that
# tells more than the first epochs' noise, so there are few images and many epochs.
# Meter: linear probe.

extends = ["../_base_/fmnist.hcl"]

pipeline "npid_fmnist" {
  description = "NPID, three-stage ResNet of width 32, Fashion-MNIST"
}

algorithm "npid" {
  neg_num    = 4096
  ensure_neg = true
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
  neck "linear" {
    pool_size    = 4 # project all cells of the map, not just its mean
    out_channels = 128
  }
  head "contrastive" {
    temperature = 0.1
  }
  memory "simple" {
    length   = 15000
    feat_dim = 128
    momentum = 0.5
  }
}

dataset "train" {
  source "subset" {
    count = 15000
    source "idx" {
      images = "${local.data}/train-images-idx3-ubyte.gz"
    }
  }
  view {
    count = 1
  }
}

loader {
  batch_size = 128
}

train {
  epochs = 24
}
