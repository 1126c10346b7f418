a = dict(x=1 y=2)  # ERROR: Syntax error
b = [1,, 2]  # ERROR: Syntax error
if a b:  # ERROR: Syntax error
    c = 1
after = 1
