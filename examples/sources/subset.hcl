# A tenth of each class, the same tenth for every seed of the pipeline.

extends = ["image_folder.hcl"]

dataset "train" {
  source "subset" {
    fraction  = 0.1
    per_class = true
    source "image_folder" {
      data_prefix = "${local.data}/train"
    }
  }
}
