extends = ["../_base_/simclr.hcl"]

dataset "test" {
  source "idx" {
    images = "test.gz"
  }
  view {
    random_resized_crop {
      size = 28
    }
    normalize {
      mean = [0.3]
      std  = [0.4]
    }
  }
}

dataset "train" {
  source "idx" {
    images = "mine.gz"
  }
}
