extends = ["../_base_/simclr.hcl"]

train {
  epoch = 3
}

trian {}
