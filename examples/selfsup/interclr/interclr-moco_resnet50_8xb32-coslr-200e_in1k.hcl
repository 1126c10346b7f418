# InterCLR on MoCo v2 with ResNet-50 on ImageNet-1k: MMSelfSup 0.x's configuration of this name. Its 8 processes of 32 images are one batch of 256 here, in 8 groups for batch norm. The memory takes 0.7 GiB, and is in the checkpoints; the similarities of a batch
# with it take 1.3 GB in each step, and as much for their gradient.

extends = ["../_base_/imagenet_mocov2.hcl", "../_base_/imagenet_extract.hcl"]

pipeline "interclr-moco_resnet50_in1k" {
  description = "InterCLR on MoCo v2, ResNet-50, 10,000 clusters, ImageNet-1k, 200 epochs"
}

algorithm "interclr" {
  queue_len                         = 65536
  feat_dim                          = 128
  momentum                          = 0.999
  groups                            = 8
  extractor                         = "extract"
  online_labels                     = true
  interval                          = 10 # epochs between two clusterings without them
  centroids_update_interval         = 10
  deal_with_small_clusters_interval = 1
  neg_num                           = 16384
  neg_sampling                      = "semihard" # or "hard", "semieasy", "random"
  semihard_neg_pool_num             = 128000
  semieasy_neg_pool_num             = 128000
  intra_cos_margin_loss             = false
  intra_cos_margin                  = 0
  inter_cos_margin_loss             = true
  inter_cos_margin                  = -0.5
  intra_loss_weight                 = 0.75
  inter_loss_weight                 = 0.25
  warmup_epochs                     = 0
  share_neck                        = true
  num_classes                       = 10000
  backbone "resnet" {
    depth = 50
  }
  neck "moco_v2" {
    in_channels  = 2048
    hid_channels = 2048
    out_channels = 128
  }
  head "contrastive" {
    temperature = 0.2
  }
  memory {
    length      = 1281167
    feat_dim    = 128
    momentum    = 1
    num_classes = 10000
    min_cluster = 20
  }
  clustering {
    k       = 10000
    pca_dim = -1
  }
}

loader {
  batch_size = 256
  last       = "drop"
  replace    = true
}

optimizer "sgd" {
  lr           = 0.03
  momentum     = 0.9
  weight_decay = 1e-4
}

schedule "cosine" {}

train {
  epochs    = 200
  log_every = 50
  checkpoint {
    epochs = 10
    keep   = 3
  }
}
