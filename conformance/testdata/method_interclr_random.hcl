extends = ["method_interclr.hcl"]

algorithm "interclr" {
  groups       = 2
  neg_sampling = "random"
}
