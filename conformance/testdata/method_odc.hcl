extends = ["methods.hcl"]

algorithm "odc" {
  extractor = "train"
  backbone "resnet" {
    depth         = 10
    num_stages    = 2
    base_channels = 4
    stem_channels = 4
    stem          = "small"
    out_indices   = [2]
  }
  neck "odc" {
    hid_channels = 16
    out_channels = 6
  }
  head "cls" {
    num_classes = 5
  }
  memory {
    length      = 20
    feat_dim    = 6
    min_cluster = 2
  }
  clustering {
    pca_dim = -1
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
