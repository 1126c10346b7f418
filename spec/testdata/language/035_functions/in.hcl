extends = ["../_base_/simclr.hcl"]

train {
  epochs    = max(1, floor(7 / 2), length(concat([1], range(2))))
  log_every = tonumber(split("-", format("%s-%d", upper("a"), 5))[1])
}
