# All images below a folder, without labels: the way to begin with images of one's own.

extends = ["_base_/simclr.hcl"]

dataset "train" {
  source "folder" {
    path    = env("SSC_DATA", "data/photos")
    exclude = ["thumbnails", "*_mask.png"]
  }
}
