# The recipe beside this file, for longer: it goes further. A look at the nearest neighbours after every other epoch shows how far.
extends = ["simclr_resnet10-w32_1xb256-adamw-3e_fmnist.hcl"]

pipeline "simclr_fmnist_8e" {
  description = "SimCLR, three-stage ResNet of width 32, Fashion-MNIST, 8 epochs"
}

schedule "cosine" {
  warmup_length = 188 # a tenth of the run
}

train {
  epochs = 8
}

monitor "knn" {
  k           = 5
  vote        = "majority"
  every       = 2
  max_queries = 2000
}
