import torch  # WARNING: Code in a configuration
from mmselfsup.models import *  # ERROR: Code in a configuration
import os

def f(x):  # ERROR: Code in a configuration
    return x

class A:  # ERROR: Code in a configuration
    pass

a = f(1)
b = torch.cuda.device_count()  # ERROR: Code in a configuration
c = __import__('os').system('x')  # ERROR: Code in a configuration
d = lambda x: x  # ERROR: Unsupported expression
e = os.environ['HOME']  # ERROR: Code in a configuration
g = [x.y for x in a]
while True:  # ERROR: Code in a configuration
    h = 1
try:  # ERROR: Code in a configuration
    i = 1
except ValueError:
    i = 2
with open('x') as j:  # ERROR: Code in a configuration
    k = 1
if torch.x:  # WARNING: Unknown condition
    m = 1
n = f'{1.5:.2f}'  # ERROR: Unsupported expression
o = '%d' % 5  # ERROR: Unsupported expression
p = b'x'  # ERROR: Unsupported value
q = {1, 2}  # ERROR: Unsupported value
r = 1j  # ERROR: Unsupported number
dict(a=1).b  # ERROR: Unknown key
after = 1
