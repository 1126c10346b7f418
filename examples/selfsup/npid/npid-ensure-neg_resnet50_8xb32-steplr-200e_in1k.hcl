# NPID as in the configuration that this extends, where no image is its own negative: MMSelfSup 0.x's configuration of this name.

extends = ["npid_resnet50_8xb32-steplr-200e_in1k.hcl"]

pipeline "npid-ensure-neg_resnet50_in1k" {
  description = "NPID without own negatives, ResNet-50, ImageNet-1k, 200 epochs"
}

algorithm "npid" {
  ensure_neg = true
}
