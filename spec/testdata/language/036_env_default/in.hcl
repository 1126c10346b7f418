extends = ["../_base_/simclr.hcl"]

pipeline "x" {
  description = env("SSC_NO_SUCH_VARIABLE", "none")
}
