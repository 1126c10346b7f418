_base_ = '_base_/run.py'
img_norm_cfg = dict(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])
source = dict(type='ImageNet', memcached=True, mclient_path='/mnt/memcached', list_file='data/imagenet/meta/train.txt', root='data/imagenet/train')
end = [dict(type='ToTensor'), dict(type='Normalize', **img_norm_cfg)]
model = dict(
    type='MOCO', pretrained=None, queue_len=4096, feat_dim=64, momentum=0.996,
    backbone=dict(type='ResNet', depth=18, in_channels=3, out_indices=[4], norm_cfg=dict(type='BN')),
    neck=dict(type='NonLinearNeckV1', in_channels=512, hid_channels=256, out_channels=64, with_avg_pool=True),
    head=dict(type='ContrastiveHead', temperature=0.2))
data = dict(
    imgs_per_gpu=32, workers_per_gpu=4, drop_last=True,
    train=dict(
        type='ContrastiveDataset', data_source=source,
        pipeline=[
            dict(type='RandomResizedCrop', size=224, scale=(0.2, 1.)),
            dict(type='RandomAppliedTrans', transforms=[dict(type='ColorJitter', brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1)], p=0.8),
            dict(type='RandomGrayscale', p=0.2),
            dict(type='RandomAppliedTrans', transforms=[dict(type='GaussianBlur', sigma_min=0.1, sigma_max=2.0)], p=0.5),
            dict(type='RandomHorizontalFlip'),
        ] + end))
optimizer = dict(type='SGD', lr=0.03, weight_decay=0.0001, momentum=0.9)
lr_config = dict(policy='CosineAnnealing', min_lr=0.)
