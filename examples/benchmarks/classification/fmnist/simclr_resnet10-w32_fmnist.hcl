# The SimCLR recipe for Fashion-MNIST with every kind of probe: meters and a small linear probe while it trains, then neighbours, linear probes by L-BFGS and by SGD, and
# support vector machines on few images of each class, each beside raw pixels.

extends = ["../../../selfsup/simclr/simclr_resnet10-w32_1xb256-adamw-6e_fmnist.hcl"]

pipeline "simclr_fmnist_probes" {
  description = "SimCLR on Fashion-MNIST with every probe"
}

monitor "collapse" {}

monitor "linear" {
  l2             = [1e-3]
  max_iterations = 50
  max_bank       = 6000
  max_queries    = 2000
}

evaluate "linear" {
  l2             = [1e-4]
  max_iterations = 100
  raw_pixels     = true
}

evaluate "linear_sgd" {
  lr          = 0.1
  epochs      = 20
  milestones  = [12, 16]
  standardize = true
  max_bank    = 20000
}

evaluate "svm" {
  costs            = [1, 10, 100]
  low_shot         = [1, 4, 16]
  low_shot_samples = 2
  max_queries      = 2000
  raw_pixels       = true
}

export {
  pool_size = 2 # 512 features: the probes train on them
}
