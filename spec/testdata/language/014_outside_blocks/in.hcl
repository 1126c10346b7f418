extends = ["../_base_/simclr.hcl"]

epochs = 3
