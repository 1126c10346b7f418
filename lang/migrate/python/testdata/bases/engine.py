_base_ = 'model.py'
_base_.model.type = 'B'
twice = _base_.num * 2
