extends = ["../_base_/simclr.hcl"]

dataset "bank" {
  view {
    random_resized_crop {
      size  = 28
      scale = [0.5, 1]
    }
    normalize {
      mean = [0.3]
      std  = [0.4]
    }
  }
}
