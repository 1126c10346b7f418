# BYOL with ResNet-50 on ImageNet-1k: MMSelfSup 0.x's configuration of this name. The weights and the teacher move once for 16 batches of 256 images.

extends = ["byol_resnet50_16xb256-coslr-200e_in1k.hcl"]

pipeline "byol_resnet50_accum16_in1k" {
  description = "BYOL, ResNet-50, ImageNet-1k, 200 epochs, 16 micro-batches"
}

loader {
  batch_size = 256
}

train {
  accumulate = 16
}
