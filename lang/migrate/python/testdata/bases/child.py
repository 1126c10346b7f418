_base_ = ['model.py', './data.json']
model = dict(neck=dict(x=2, y=[1]), head=dict(_delete_=True, fresh=True), new=dict(_delete_=True, k=1))
opt = dict(k=(1, dict(n={{ _base_.num }})))
copied = {{_base_.pair}}
name = '{{ fileBasenameNoExtension }} {{fileBasename}} {{ fileExtname }}'
