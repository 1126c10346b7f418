# DeepCluster with ResNet-50 on ImageNet-1k: MMSelfSup 0.x's configuration of this name, without its Sobel layer, which that file asks for by default and has no channels for. Its 8 processes of 64 images are one batch of 512
# here. The rate steps after the end: it stays. Clustering takes the features of all images into memory, 10 GiB.

extends = ["../_base_/imagenet_clustering.hcl"]

pipeline "deepcluster_resnet50_in1k" {
  description = "DeepCluster, ResNet-50, 10,000 clusters, ImageNet-1k, 200 epochs"
}

algorithm "deepcluster" {
  extractor     = "extract"
  unif_sampling = true
  reweight      = false
  interval      = 1
  backbone "resnet" {
    depth = 50
    norm "bn" {}
  }
  neck "avg_pool2d" {}
  head "cls" {
    in_channels = 2048
    num_classes = 10000
  }
  clustering {
    k       = 10000
    pca_dim = 256
  }
}

loader {
  batch_size = 512
}

optimizer "sgd" {
  lr           = 0.1
  momentum     = 0.9
  weight_decay = 1e-5
  group {
    match    = "^head\\."
    momentum = 0
  }
}

schedule "step" {
  milestones = [400]
}

train {
  epochs    = 200
  log_every = 50
  checkpoint {
    epochs = 10
    keep   = 3
  }
}
