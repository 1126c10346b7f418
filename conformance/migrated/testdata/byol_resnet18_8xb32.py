_base_ = ['_base_/asymmetric.py', '_base_/runtime.py']
model = dict(
    type='BYOL', base_momentum=0.99,
    backbone=dict(type='ResNet', depth=18, in_channels=3, out_indices=[4], norm_cfg=dict(type='SyncBN')),
    neck=dict(type='NonLinearNeck', in_channels=512, hid_channels=1024, out_channels=256, num_layers=2, with_bias=True, with_last_bn=False, with_avg_pool=True),
    head=dict(
        type='LatentPredictHead',
        predictor=dict(type='NonLinearNeck', in_channels=256, hid_channels=1024, out_channels=256, num_layers=2, with_bias=True, with_last_bn=False, with_avg_pool=False)))
update_interval = 2
custom_hooks = [dict(type='BYOLHook', end_momentum=1., update_interval=update_interval)]
optimizer = dict(
    type='LARS', lr=4.8, momentum=0.9, weight_decay=1e-6,
    paramwise_options={
        r'(bn|gn)(\d+)?.(weight|bias)': dict(weight_decay=0., lars_exclude=True),
        'bias': dict(weight_decay=0., lars_exclude=True)
    })
optimizer_config = dict(update_interval=update_interval)
lr_config = dict(policy='CosineAnnealing', by_epoch=False, min_lr=0., warmup='linear', warmup_iters=10, warmup_ratio=1e-4, warmup_by_epoch=True)
