# Switches by kind of layer instead of names, and milestones after a warm-up.
model = dict(
    type='Classification',
    data_preprocessor=dict(mean=(123.675, 116.28, 103.53), std=(58.395, 57.12, 57.375), bgr_to_rgb=True),
    backbone=dict(type='ResNet', depth=18, in_channels=3, out_indices=[4], norm_cfg=dict(type='BN')),
    head=dict(type='ClsHead', with_avg_pool=True, in_channels=512, num_classes=10))
train_dataloader = dict(
    batch_size=32,
    dataset=dict(
        type='mmcls.ImageNet', data_root='data/imagenet/', ann_file='meta/train.txt', data_prefix=dict(img_path='train/'),
        pipeline=[dict(type='LoadImageFromFile'), dict(type='RandomResizedCrop', size=224), dict(type='PackClsInputs')]))
optim_wrapper = dict(
    optimizer=dict(type='SGD', lr=0.1, momentum=0.9, weight_decay=1e-4),
    paramwise_cfg=dict(norm_decay_mult=0., bias_decay_mult=0.5, custom_keys={'head': dict(lr_mult=10.)}))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.25, by_epoch=True, begin=0, end=5, convert_to_iter_based=True),
    dict(type='MultiStepLR', by_epoch=True, milestones=[30, 50], gamma=0.1),
]
train_cfg = dict(by_epoch=True, max_epochs=70)
