# Semi-supervised fine-tuning on 6,000 labelled images of Fashion-MNIST, from the weights of the SimCLR recipe.

extends = ["resnet10-w32_1percent_fmnist.hcl"]

pipeline "resnet10-w32_10percent_fmnist" {
  description = "fine-tuning with 10 % of the labels of Fashion-MNIST"
}

dataset "train" {
  source "subset" { fraction = 0.1 }
}
