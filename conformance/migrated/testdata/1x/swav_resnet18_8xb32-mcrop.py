_base_ = ['_base_/run.py']
num_crops = [2, 6]
large = [
    dict(type='RandomResizedCrop', size=224, scale=(0.14, 1.), backend='pillow'),
    dict(type='RandomApply', transforms=[dict(type='ColorJitter', brightness=0.8, contrast=0.8, saturation=0.8, hue=0.2)], prob=0.8),
    dict(type='RandomGrayscale', prob=0.2, keep_channels=True, channel_weights=(0.114, 0.587, 0.2989)),
    dict(type='RandomGaussianBlur', sigma_min=0.1, sigma_max=2.0, prob=0.5),
    dict(type='RandomFlip', prob=0.5),
]
small = [dict(type='RandomResizedCrop', size=96, scale=(0.05, 0.14), backend='pillow')] + large[1:]
train_dataloader = dict(
    batch_size=32,
    drop_last=True,
    dataset=dict(
        type='mmcls.ImageNet', data_root='data/imagenet/', ann_file='meta/train.txt', data_prefix=dict(img_path='train/'),
        pipeline=[dict(type='LoadImageFromFile'), dict(type='MultiView', num_views=num_crops, transforms=[large, small]), dict(type='PackSelfSupInputs')]))
model = dict(
    type='SwAV',
    data_preprocessor=dict(mean=(123.675, 116.28, 103.53), std=(58.395, 57.12, 57.375), bgr_to_rgb=True),
    backbone=dict(type='ResNet', depth=18, in_channels=3, out_indices=[4], norm_cfg=dict(type='SyncBN')),
    neck=dict(type='SwAVNeck', in_channels=512, hid_channels=512, out_channels=128, with_avg_pool=True),
    head=dict(type='SwAVHead', loss=dict(type='SwAVLoss', feat_dim=128, epsilon=0.05, temperature=0.1, num_crops=num_crops)))
custom_hooks = [
    dict(type='SwAVHook', priority='VERY_HIGH', batch_size=32, epoch_queue_starts=15, crops_for_assign=[0, 1], feat_dim=128, queue_length=3840, frozen_layers_cfg=dict(prototypes=50))
]
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(_delete_=True, type='LARS', lr=0.6, weight_decay=1e-6, momentum=0.9))
param_scheduler = [dict(type='CosineAnnealingLR', T_max=100, eta_min=6e-4, by_epoch=True, begin=0, end=100, convert_to_iter_based=True)]
