train {
  epochs = 
}
