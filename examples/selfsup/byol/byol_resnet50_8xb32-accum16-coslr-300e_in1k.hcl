# BYOL with ResNet-50 on ImageNet-1k: MMSelfSup 0.x's configuration of this name.

extends = ["byol_resnet50_8xb32-accum16-coslr-200e_in1k.hcl"]

train {
  epochs = 300
}
