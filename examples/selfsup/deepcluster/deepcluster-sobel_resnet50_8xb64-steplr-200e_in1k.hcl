# DeepCluster with ResNet-50 on Sobel derivatives instead of colours, ImageNet-1k: MMSelfSup 0.x's configuration of this name.

extends = ["deepcluster_resnet50_8xb64-steplr-200e_in1k.hcl"]

pipeline "deepcluster-sobel_resnet50_in1k" {
  description = "DeepCluster, ResNet-50 on Sobel derivatives, 10,000 clusters, ImageNet-1k, 200 epochs"
}

algorithm "deepcluster" {
  backbone "resnet" {
    with_sobel = true
  }
}
