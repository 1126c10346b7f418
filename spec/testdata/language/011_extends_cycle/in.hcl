extends = ["again.hcl"]
