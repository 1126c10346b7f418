extends = ["../_base_/simclr.hcl"]

train {}

train {}
