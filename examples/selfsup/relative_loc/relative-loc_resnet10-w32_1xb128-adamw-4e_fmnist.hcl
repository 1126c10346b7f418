# Relative patch location on the 60,000 training images of Fashion-MNIST, crops enlarged to 48 pixels so that nine patches of 12 fit, with gaps that keep borders from telling the place. Evaluated on
# images of 48 pixels too: on those of 28, which no patch looks like, training gains next to nothing.
# Meter: linear probe.

extends = ["../_base_/fmnist.hcl"]

pipeline "relative-loc_fmnist" {
  description = "Relative patch location, three-stage ResNet of width 32, Fashion-MNIST"
}

algorithm "relative_loc" {
  backbone "resnet" {
    depth         = 10
    num_stages    = 3
    base_channels = 32
    stem_channels = 32
    stem          = "small"
    stem_kernel   = 5 # 12 pixels become 6, 3 and 2
    stem_stride   = 2
    out_indices   = [3]
  }
  neck "relative_loc" {
    out_channels = 512
  }
  head "cls" {
    num_classes = 8
    init_std    = 0.005
  }
}

dataset "train" {
  view {
    count = 1
    random_resized_crop {
      size  = 48
      scale = [0.3, 1]
    }
    random_horizontal_flip {}
    random_patches { jitter = 4 }
    color_jitter {
      brightness = 0.4
      contrast   = 0.4
    }
    normalize {
      mean = [0.2860]
      std  = [0.3530]
    }
  }
}

dataset "bank" {
  view {
    resize { size = [48, 48] }
    normalize {
      mean = [0.2860]
      std  = [0.3530]
    }
  }
}

dataset "test" {
  view {
    resize { size = [48, 48] }
    normalize {
      mean = [0.2860]
      std  = [0.3530]
    }
  }
}

optimizer "adamw" {
  lr = 3e-3
}

loader {
  batch_size = 128
}

train {
  epochs = 4
}
