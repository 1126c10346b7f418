train {
  epochs =   # ERROR: Invalid expression
  log_every = 3
}
