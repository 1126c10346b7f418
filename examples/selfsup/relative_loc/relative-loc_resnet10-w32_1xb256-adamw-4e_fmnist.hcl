# Relative patch location on the 60,000 training images of Fashion-MNIST, enlarged to 48 pixels so that nine patches of 14 fit. Optimizer and evaluation are those of SimCLR's example; the
# features of the evaluation come from images of 28 pixels.
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
    stem_kernel   = 5 # 14 pixels become 7, 4 and 2
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
    resize { size = [48, 48] }
    random_patches { jitter = 2 }
    normalize {
      mean = [0.2860]
      std  = [0.3530]
    }
  }
}

train {
  epochs = 4
}
