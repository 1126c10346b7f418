model = dict(type='A', neck=dict(type='N', x=1), head=dict(z=1))
opt = dict(lr=0.1)
num = 3
pair = [num, dict(n=num)]
