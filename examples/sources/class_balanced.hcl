# Classes that are rarer than one image in a hundred come more often, by the rule of LVIS.

extends = ["image_folder.hcl"]

dataset "train" {
  source "class_balanced" {
    oversample_thr = 0.01
    source "image_folder" {
      data_prefix = "${local.data}/train"
    }
  }
}
