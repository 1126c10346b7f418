model = 1
