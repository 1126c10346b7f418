extends = ["../_base_/simclr.hcl"]

dataset "train" {
  source "idx" {
    images = "${path.module}/images.gz"
  }
}
