# The recipe beside this file, for longer: it goes further. A look at the nearest neighbours after every fourth epoch shows how far.
extends = ["simclr_resnet10-w32_1xb256-adamw-6e_fmnist.hcl"]

pipeline "simclr_fmnist_20e" {
  description = "SimCLR, three-stage ResNet of width 32, Fashion-MNIST, 20 epochs"
}

schedule "cosine" {
  warmup_length = 470 # a tenth of the run
}

train {
  epochs = 20
}

monitor "knn" {
  k           = 5
  vote        = "majority"
  every       = 4
  max_queries = 2000
}
