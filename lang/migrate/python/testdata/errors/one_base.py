model = dict(x=[1])
