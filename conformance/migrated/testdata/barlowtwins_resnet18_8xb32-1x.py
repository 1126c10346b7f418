# Of the last generation: names in custom_keys are parts, the longest of which counts alone.
model = dict(
    type='BarlowTwins',
    data_preprocessor=dict(mean=(123.675, 116.28, 103.53), std=(58.395, 57.12, 57.375), bgr_to_rgb=True),
    backbone=dict(type='ResNet', depth=18, in_channels=3, out_indices=[4], norm_cfg=dict(type='SyncBN'), zero_init_residual=True),
    neck=dict(type='NonLinearNeck', in_channels=512, hid_channels=1024, out_channels=1024, num_layers=3, with_last_bn=False, with_last_bn_affine=False, with_avg_pool=True),
    head=dict(type='LatentCrossCorrelationHead', in_channels=1024, loss=dict(type='CrossCorrelationLoss')))
view_pipeline = [
    dict(type='RandomResizedCrop', size=224, interpolation='bicubic', backend='pillow'),
    dict(type='RandomFlip', prob=0.5),
    dict(type='RandomGaussianBlur', sigma_min=0.1, sigma_max=2.0, prob=0.1),
]
train_dataloader = dict(
    batch_size=32,
    num_workers=4,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='mmcls.ImageNet', data_root='data/imagenet/', ann_file='meta/train.txt', data_prefix=dict(img_path='train/'),
        pipeline=[dict(type='LoadImageFromFile'), dict(type='MultiView', num_views=[2], transforms=[view_pipeline]), dict(type='PackSelfSupInputs')]))
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='LARS', lr=1.6, momentum=0.9, weight_decay=1e-6),
    paramwise_cfg=dict(custom_keys={
        'bn': dict(decay_mult=0, lr_mult=0.024, lars_exclude=True),
        'bias': dict(decay_mult=0, lr_mult=0.5, lars_exclude=True),
        'downsample.1': dict(decay_mult=0.5, lr_mult=0.024),
        'layer4.1': dict(lr_mult=2.),
    }))
param_scheduler = [
    dict(type='LinearLR', start_factor=1.6e-4, by_epoch=True, begin=0, end=10, convert_to_iter_based=True),
    dict(type='CosineAnnealingLR', T_max=90, eta_min=0.0016, by_epoch=True, begin=10, end=100, convert_to_iter_based=True),
]
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=100)
