extends = ["../_base_/simclr.hcl", "other.hcl"]
