extends = ["method_npid.hcl"]

algorithm "npid" {
  ensure_neg = true
}
