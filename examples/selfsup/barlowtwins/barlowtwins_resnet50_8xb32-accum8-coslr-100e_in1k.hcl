# Barlow Twins with ResNet-50 on ImageNet-1k: MMSelfSup 0.x's configuration of this name. The cross-correlation is that of a micro-batch of 256 images.

extends = ["barlowtwins_resnet50_8xb256-coslr-300e_in1k.hcl"]

loader {
  batch_size = 256
}

train {
  epochs     = 100
  accumulate = 8
}
