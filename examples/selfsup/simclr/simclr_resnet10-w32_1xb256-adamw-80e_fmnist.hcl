# SimCLR on the 60,000 training images of Fashion-MNIST for an hour on two cores with AVX-512, an hour and a half with AVX2, by the cost of a step: how far the encoder of the small examples goes when time is no bound.
# Meter: linear probe, one seed.

extends = ["../_base_/fmnist.hcl"]

pipeline "simclr_fmnist-80e" {
  description = "SimCLR, three-stage ResNet of width 32, Fashion-MNIST, an hour"
}

schedule "cosine" {
  warmup_length = 940 # four epochs
}

train {
  epochs = 80
}
