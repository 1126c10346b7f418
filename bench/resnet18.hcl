# ResNet-18 with the small stem on 32-pixel colour images: a net for `make bench`, which feeds it noise.
algorithm "simclr" {
  backbone "resnet" {
    depth = 18
    stem  = "small"
  }
  neck "nonlinear" {
    hid_channels   = 512
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
    random_resized_crop { size = 32 }
    normalize {
      mean = [0.5]
      std  = [0.25]
    }
  }
}

loader { batch_size = 64 }

optimizer "sgd" {
  lr           = 0.03
  momentum     = 0.9
  weight_decay = 5e-4
}
