a = nothing  # ERROR: Unknown name
b = dict(x=1, x=2)  # ERROR: Duplicate argument
c = dict(x=1, **dict(x=2))  # ERROR: Duplicate argument
d = [1, 2][2]  # ERROR: Invalid index
e = {'a': 1}['b']  # ERROR: Unknown key
f = 'a' + 1  # ERROR: Wrong type
g = 1 // 0  # ERROR: Number out of range
h = 1 / 0  # ERROR: Division by zero
i, j = [1]  # ERROR: Wrong number of values
k = [1].sort(key=None)  # ERROR: Unsupported method
m = len(5)  # ERROR: Wrong arguments
n = '\N{BULLET}'  # ERROR: Unsupported escape
o = (1, 2)
o[0] = 5  # ERROR: Invalid assignment
p = {{ _base_.x }}  # ERROR: Unknown base value
q = a + 1
r = 07  # ERROR: Syntax error
s = dict(**[1])  # ERROR: Wrong type
t = [1, 2][::0]  # ERROR: Invalid index
u = {(1, 2): 3}  # ERROR: Unsupported key
after = 1
