extends = ["../_base_/${local.x}.hcl"]
