extends = ["../_base_/simclr.hcl"]

dataset "train" {
  view {
    random_resized_crop {
      size = 28
    }
    normalize {
      mean = [0.5]
      std  = [0.5]
    }
  }
}
