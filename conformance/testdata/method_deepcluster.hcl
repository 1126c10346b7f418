extends = ["methods.hcl"]

algorithm "deepcluster" {
  extractor = "train"
  reweight  = true
  backbone "resnet" {
    depth         = 10
    num_stages    = 2
    base_channels = 4
    stem_channels = 4
    stem          = "small"
    out_indices   = [2]
  }
  neck "avg_pool2d" {}
  head "cls" {
    num_classes = 5
  }
}

dataset "train" {
  view {
    count = 1
    random_resized_crop { size = 8 }
    normalize {
      mean = [0.5, 0.5, 0.5]
      std  = [0.2, 0.2, 0.2]
    }
  }
}
