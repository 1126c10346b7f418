# SimSiam with ResNet-50 on ImageNet-1k: MMSelfSup 0.x's configuration of this name.

extends = ["simsiam_resnet50_8xb32-coslr-200e_in1k.hcl"]

train {
  epochs = 100
}
