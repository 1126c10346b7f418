_base_ = ['_base_/steps.py']
train_dataloader = dict(
    batch_size=64,
    dataset=dict(
        type='mmcls.ImageNet', data_root='data/imagenet/', ann_file='meta/train.txt', data_prefix=dict(img_path='train/'),
        pipeline=[
            dict(type='LoadImageFromFile'),
            dict(type='Resize', scale=292),
            dict(type='RandomCrop', size=255),
            dict(type='RandomGrayscale', prob=0.66, keep_channels=True),
            dict(type='RandomPatchWithLabels'),
            dict(type='PackSelfSupInputs', meta_keys=['img_path'])
        ]))
model = dict(
    type='RelativeLoc',
    data_preprocessor=dict(type='mmselfsup.RelativeLocDataPreprocessor', mean=[124, 117, 104], std=[59, 58, 58], bgr_to_rgb=True),
    backbone=dict(type='ResNet', depth=18, in_channels=3, out_indices=[4], norm_cfg=dict(type='BN')),
    neck=dict(type='RelativeLocNeck', in_channels=512, out_channels=1024, with_avg_pool=True),
    head=dict(type='ClsHead', loss=dict(type='mmcls.CrossEntropyLoss'), with_avg_pool=False, in_channels=1024, num_classes=8))
optim_wrapper = dict(
    optimizer=dict(lr=0.2), paramwise_cfg=dict(custom_keys={'neck': dict(decay_mult=5.0), 'head': dict(decay_mult=5.0)}))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, by_epoch=True, begin=0, end=5, convert_to_iter_based=True),
    dict(type='MultiStepLR', by_epoch=True, milestones=[30, 50], gamma=0.1),
]
