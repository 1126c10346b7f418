_base_ = ['moco_resnet18_8xb32.py']
model = dict(
    neck=dict(_delete_=True, type='LinearNeck', in_channels=512, out_channels=128, with_avg_pool=True),
    head=dict(temperature=0.07))
lr_config = dict(_delete_=True, policy='step', step=[60, 80])
