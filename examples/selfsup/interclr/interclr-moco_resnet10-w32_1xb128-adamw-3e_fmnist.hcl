# InterCLR on MoCo v2 on the 60,000 training images of Fashion-MNIST: four minutes or less on two cores, by the cost of a step. Images, optimizer and evaluation are those of SimCLR's example, teacher and queue those of MoCo's.
# Meter: linear probe.

extends = ["../_base_/fmnist.hcl"]

pipeline "interclr-moco_fmnist" {
  description = "InterCLR on MoCo v2, three-stage ResNet of width 32, 128 clusters, Fashion-MNIST"
}

algorithm "interclr" {
  queue_len             = 4096
  feat_dim              = 64
  momentum              = 0.99
  groups                = 8
  extractor             = "extract"
  neg_num               = 512
  semihard_neg_pool_num = 1536
  num_classes           = 128
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
  neck "moco_v2" {
    pool_size    = 2
    hid_channels = 512
    out_channels = 64
  }
  head "contrastive" {
    temperature = 0.2
  }
  memory {
    length      = 60000
    feat_dim    = 64
    momentum    = 1
    min_cluster = 20
  }
  clustering {
    pca_dim = -1
  }
}

# The training images as they are clustered.
dataset "extract" {
  source "idx" {
    images = "${local.data}/train-images-idx3-ubyte.gz"
  }
  view {
    center_crop { size = 28 }
    normalize {
      mean = [0.2860]
      std  = [0.3530]
    }
  }
}

loader {
  batch_size = 128
}

train {
  epochs = 3
}
