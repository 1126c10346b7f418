_base_ = ['_base_/runtime.py']
img_norm_cfg = dict(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])
num_crops = [2, 6]
color_distort_strength = 1.0
large = [
    dict(type='RandomResizedCrop', size=224, scale=(0.14, 1.)),
    dict(type='RandomAppliedTrans', transforms=[
        dict(type='ColorJitter', brightness=0.8 * color_distort_strength, contrast=0.8 * color_distort_strength, saturation=0.8 * color_distort_strength, hue=0.2 * color_distort_strength)], p=0.8),
    dict(type='RandomGrayscale', p=0.2),
    dict(type='GaussianBlur', sigma_min=0.1, sigma_max=2.0, p=0.5),
    dict(type='RandomHorizontalFlip', p=0.5),
    dict(type='ToTensor'),
    dict(type='Normalize', **img_norm_cfg),
]
small = [dict(type='RandomResizedCrop', size=96, scale=(0.05, 0.14))] + large[1:]
data = dict(
    samples_per_gpu=32,
    workers_per_gpu=4,
    drop_last=True,
    train=dict(
        type='MultiViewDataset',
        data_source=dict(type='ImageNet', data_prefix='data/imagenet/train', ann_file='data/imagenet/meta/train.txt'),
        num_views=num_crops,
        pipelines=[large, small]))
model = dict(
    type='SwAV',
    backbone=dict(type='ResNet', depth=18, in_channels=3, out_indices=[4], norm_cfg=dict(type='SyncBN'), zero_init_residual=True),
    neck=dict(type='SwAVNeck', in_channels=512, hid_channels=512, out_channels=128, with_avg_pool=True),
    head=dict(type='SwAVHead', feat_dim=128, epsilon=0.05, temperature=0.1, num_crops=num_crops))
custom_hooks = [dict(type='SwAVHook', priority='VERY_HIGH', batch_size=32, epoch_queue_starts=15, crops_for_assign=[0, 1], feat_dim=128, queue_length=3840)]
optimizer = dict(type='LARS', lr=0.6, weight_decay=1e-6, momentum=0.9)
optimizer_config = dict(frozen_layers_cfg=dict(prototypes=50))
lr_config = dict(policy='CosineAnnealing', min_lr=6e-4, by_epoch=False)
