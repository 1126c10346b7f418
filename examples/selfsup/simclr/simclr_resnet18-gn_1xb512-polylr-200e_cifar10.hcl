# The ResNet-18 recipe without batch norm: group norm in the backbone, layer norm in the neck, Adam with a polynomial schedule.

extends = ["simclr_resnet18_1xb512-steplr-200e_cifar10.hcl"]

pipeline "simclr_resnet18-gn_cifar10" {
  description = "SimCLR, ResNet-18 with group norm, CIFAR-10, 200 epochs"
}

algorithm "simclr" {
  backbone "resnet" {
    norm "gn" { num_groups = 16 }
  }
  neck "nonlinear" {
    norm "ln" {}
  }
}

optimizer "adam" {
  lr           = 1e-3
  weight_decay = 1e-6
  clip_norm    = 5
}

schedule "polynomial" {
  power = 0.9
  by    = "step"
}
