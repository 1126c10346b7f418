# SwAV with ResNet-50 on ImageNet-1k: MMSelfSup 0.x's configuration of this name. Its 8 processes of 32 images are one batch of 256 here.

extends = ["../_base_/imagenet_swav_mcrop-2-6.hcl"]

pipeline "swav_resnet50_in1k" {
  description = "SwAV, ResNet-50, ImageNet-1k, 200 epochs, 2 large and 6 small crops"
}

algorithm "swav" {
  backbone "resnet" {
    depth              = 50
    zero_init_residual = true
    norm "sync_bn" {}
  }
  neck "swav" {
    in_channels  = 2048
    hid_channels = 2048
    out_channels = 128
  }
  head "swav" {
    feat_dim           = 128
    epsilon            = 0.05
    temperature        = 0.1
    num_crops          = [2, 6]
    num_prototypes     = 3000
    queue_length       = 3840
    epoch_queue_starts = 15
    freeze_prototypes  = 5005
  }
}

loader {
  batch_size = 256
  last       = "drop"
}

optimizer "lars" {
  lr           = 0.6
  momentum     = 0.9
  weight_decay = 1e-6
}

schedule "cosine" {
  min_lr = 6e-4
}

train {
  epochs    = 200
  log_every = 50
  checkpoint {
    epochs = 10
    keep   = 3
  }
}
