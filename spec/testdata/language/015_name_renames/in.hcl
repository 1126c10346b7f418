extends = ["../_base_/simclr.hcl"]

pipeline "mine" {
  description = "extended"
}
