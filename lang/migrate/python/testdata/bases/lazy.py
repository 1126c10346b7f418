from mmengine.config import read_base
from mmselfsup.models import A

with read_base():
    from .model import *

model.update(dict(type=A))
model['neck']['x'] = 5
