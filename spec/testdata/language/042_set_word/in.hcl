extends = ["../_base_/simclr.hcl"]

