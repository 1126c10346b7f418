# Linear evaluation by MoCo's protocol of a ResNet-50 that sees Sobel derivatives instead of colours, as DeepCluster trains it: MMSelfSup 0.x's configuration of this name.

extends = ["resnet50_linear-8xb32-steplr-100e_in1k.hcl"]

pipeline "resnet50-sobel_linear-steplr_in1k" {
  description = "linear evaluation of ResNet-50 on Sobel derivatives, ImageNet-1k, MoCo's protocol"
}

algorithm "classification" {
  backbone "resnet" {
    with_sobel = true
  }
}
