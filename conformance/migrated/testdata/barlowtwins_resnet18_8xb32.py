_base_ = ['_base_/asymmetric.py', '_base_/runtime.py']
model = dict(
    type='BarlowTwins',
    backbone=dict(type='ResNet', depth=18, in_channels=3, out_indices=[4], norm_cfg=dict(type='SyncBN'), zero_init_residual=True),
    neck=dict(type='NonLinearNeck', in_channels=512, hid_channels=1024, out_channels=1024, num_layers=3, with_last_bn=False, with_last_bn_affine=False, with_avg_pool=True),
    head=dict(type='LatentCrossCorrelationHead', in_channels=1024))
optimizer = dict(
    type='LARS', lr=1.6, momentum=0.9, weight_decay=1e-6,
    paramwise_options={
        r'(bn|gn)(\d+)?.(weight|bias)': dict(weight_decay=0., lr_mult=0.024, lars_exclude=True),
        'bias': dict(weight_decay=0., lr_mult=0.024, lars_exclude=True),
        # the layer in a residual block's shortcut
        'downsample.1': dict(weight_decay=0, lr_mult=0.024, lars_exclude=True)
    })
lr_config = dict(policy='CosineAnnealing', by_epoch=False, min_lr=0.0016, warmup='linear', warmup_iters=10, warmup_ratio=1.6e-4, warmup_by_epoch=True)
