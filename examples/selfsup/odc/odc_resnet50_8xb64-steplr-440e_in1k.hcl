# Online deep clustering with ResNet-50 on ImageNet-1k: MMSelfSup 0.x's configuration of this name. Its 8 processes of 64 images are one batch of 512 here. The memory takes 1.3 GiB, and is in the checkpoints.

extends = ["../_base_/imagenet_clustering.hcl"]

pipeline "odc_resnet50_in1k" {
  description = "ODC, ResNet-50, 10,000 clusters, ImageNet-1k, 440 epochs"
}

algorithm "odc" {
  extractor                         = "extract"
  centroids_update_interval         = 10
  deal_with_small_clusters_interval = 1
  reweight                          = true
  reweight_pow                      = 0.5
  backbone "resnet" {
    depth = 50
    norm "sync_bn" {}
  }
  neck "odc" {
    in_channels  = 2048
    hid_channels = 512
    out_channels = 256
  }
  head "cls" {
    in_channels = 256
    num_classes = 10000
  }
  memory {
    length      = 1281167
    feat_dim    = 256
    momentum    = 0.5
    num_classes = 10000
    min_cluster = 20
  }
  clustering {
    k       = 10000
    pca_dim = -1
  }
}

loader {
  batch_size = 512
  replace    = true
}

optimizer "sgd" {
  lr           = 0.06
  momentum     = 0.9
  weight_decay = 1e-5
  group {
    match    = "^head\\."
    momentum = 0
  }
}

schedule "step" {
  milestones = [400]
  gamma      = 0.4
}

train {
  epochs    = 440
  log_every = 50
  checkpoint {
    epochs = 10
    keep   = 3
  }
}
