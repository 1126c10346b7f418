# The pipeline of testdata/oracle/simclr_steps.py. No file is read; the test feeds the batches.

pipeline "simclr_steps" {}

algorithm "simclr" {
  backbone "resnet" {
    depth         = 10
    base_channels = 2
    stem_channels = 2
    stem          = "small"
  }
  neck "nonlinear" {
    in_channels  = 16
    hid_channels = 16
    out_channels = 8
  }
  head "contrastive" {
    temperature = 0.1
  }
}

dataset "train" {
  source "image_folder" { data_prefix = "none" }
  view {
    count = 2
    random_resized_crop { size = 16 }
    normalize {
      mean = [0.5, 0.5, 0.5]
      std  = [0.2, 0.2, 0.2]
    }
  }
}

loader {
  batch_size = 4
}

optimizer "lars" {
  lr           = 0.01
  momentum     = 0.9
  weight_decay = 1e-6
  group {
    match        = "(bn|gn)(\\d+)?.(weight|bias)"
    weight_decay = 0
    lars_exclude = true
  }
  group {
    match        = "bias"
    weight_decay = 0
    lars_exclude = true
  }
}
