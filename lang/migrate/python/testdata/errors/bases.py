_base_ = [
    'one_base.py',
    'two_base.py',  # ERROR: Bases disagree
    'nowhere.py',  # ERROR: File cannot be read
    'mmcls::x.py',  # ERROR: External base
    '../../../x.py',  # ERROR: Base outside the project
    'loop_base.py',
]
model = dict(x=dict(y=1))  # ERROR: Bases disagree
p = {{ _base_.model.z }}  # ERROR: Unknown base value
after = 1
