# SimCLR on the 60,000 training images of Fashion-MNIST, as the small examples of the other methods are trained and measured.
# Meter: linear probe.

extends = ["../_base_/fmnist.hcl"]

pipeline "simclr_fmnist-5e" {
  description = "SimCLR, three-stage ResNet of width 32, Fashion-MNIST, features averaged"
}

train {
  epochs = 5
}
