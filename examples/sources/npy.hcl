# An array of images with six bands of 12 bits, as satellites take them. Transforms that are about colour do not take six channels: the compiler says so.

extends = ["_base_/simclr.hcl"]

dataset "train" {
  source "npy" {
    images   = env("SSC_DATA", "data/patches.npy") # [n, height, width, 6] or [n, 6, height, width], uint16
    channels = 6
    window   = [0, 4095]
  }
  view {
    count = 2
    random_resized_crop {
      size  = 64
      scale = [0.2, 1]
    }
    random_horizontal_flip {}
    gaussian_blur { p = 0.5 }
    normalize {
      mean = [0.5, 0.5, 0.5, 0.5, 0.5, 0.5]
      std  = [0.25, 0.25, 0.25, 0.25, 0.25, 0.25]
    }
  }
}
