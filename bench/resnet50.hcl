# ResNet-50 on 224-pixel images, 32 views a step: a net for `make bench`, which feeds it noise.
algorithm "simclr" {
  backbone "resnet" {
    depth = 50
  }
  neck "nonlinear" {
    hid_channels   = 2048
    out_channels   = 128
    with_last_bn   = false
    with_last_bias = true
  }
  head "contrastive" { temperature = 0.2 }
}

dataset "train" {
  source "image_folder" { data_prefix = "never-opened" }
  view {
    count = 2
    random_resized_crop { size = 224 }
    normalize {
      mean = [0.5]
      std  = [0.25]
    }
  }
}

loader { batch_size = 16 }

optimizer "sgd" {
  lr           = 0.03
  momentum     = 0.9
  weight_decay = 1e-4
}
