extends = ["in.hcl"]
