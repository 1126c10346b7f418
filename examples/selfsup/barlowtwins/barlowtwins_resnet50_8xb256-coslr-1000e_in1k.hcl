# Barlow Twins with ResNet-50 on ImageNet-1k: MMSelfSup 0.x's configuration of this name.

extends = ["barlowtwins_resnet50_8xb256-coslr-300e_in1k.hcl"]

train {
  epochs = 1000
}
