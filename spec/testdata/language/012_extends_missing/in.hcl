extends = ["nosuch.hcl"]
