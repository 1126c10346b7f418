_base_ = ['_base_/two_views.py', '_base_/runtime.py']
model = dict(
    type='SimCLR',
    backbone=dict(type='ResNet', depth=18, in_channels=3, out_indices=[4], norm_cfg=dict(type='SyncBN')),
    neck=dict(type='NonLinearNeck', in_channels=512, hid_channels=512, out_channels=128, num_layers=2, with_avg_pool=True),
    head=dict(type='ContrastiveHead', temperature=0.1))
optimizer = dict(
    type='LARS', lr=0.3, weight_decay=1e-6, momentum=0.9,
    paramwise_options={
        r'(bn|gn)(\d+)?.(weight|bias)': dict(weight_decay=0., lars_exclude=True),
        'bias': dict(weight_decay=0., lars_exclude=True)
    })
lr_config = dict(policy='CosineAnnealing', min_lr=0., warmup='linear', warmup_iters=10, warmup_ratio=1e-4, warmup_by_epoch=True)
