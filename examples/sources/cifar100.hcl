# CIFAR-100 in its binary version (cifar-100-binary.tar.gz); neighbours vote for the 20 superclasses.

extends = ["cifar10.hcl"]

locals {
  data = env("SSC_DATA", "data/cifar-100-binary")
}

dataset "train" {
  source "cifar100" {
    data_prefix = local.data
  }
}

dataset "bank" {
  source "cifar100" {
    data_prefix = local.data
    coarse      = true
  }
}

dataset "test" {
  source "cifar100" {
    data_prefix = local.data
    split       = "test"
    coarse      = true
  }
}
