# DeepCluster on the 60,000 training images of Fashion-MNIST. Optimizer and evaluation are those of SimCLR's example; crops keep most of the image, since an image and its crops should be in one cluster.
# Meter: linear probe.

extends = ["../_base_/fmnist.hcl"]

pipeline "deepcluster_fmnist" {
  description = "DeepCluster, three-stage ResNet of width 32, 128 clusters, Fashion-MNIST"
}

algorithm "deepcluster" {
  extractor = "extract"
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
  neck "avg_pool2d" {
    output_size = 2
  }
  head "cls" {
    num_classes = 128
  }
  clustering {
    pca_dim = 64
  }
}

dataset "train" {
  view {
    count = 1
    random_resized_crop {
      size  = 28
      scale = [0.5, 1]
    }
    random_horizontal_flip {}
    random_rotation { degrees = 2 }
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
  epochs = 6
}
