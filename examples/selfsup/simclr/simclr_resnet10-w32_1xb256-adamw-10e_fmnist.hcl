# The recipe beside this file, for as long as ten minutes allow, training and evaluating, on two cores. The loss compares whole maps, all 4x4 cells of which the evaluation looks at.
extends = ["simclr_resnet10-w32_1xb256-adamw-6e_fmnist.hcl"]

pipeline "simclr_fmnist_10e" {
  description = "SimCLR, three-stage ResNet of width 32, Fashion-MNIST, 10 epochs"
}

algorithm "simclr" {
  neck "nonlinear" {
    pool_size = 4
  }
}

schedule "cosine" {
  warmup_length = 235 # a tenth of the run
}

train {
  epochs = 10
}
