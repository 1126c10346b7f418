_base_ = '_base_/run.py'
img_norm_cfg = dict(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])
source = dict(type='ImageNet', memcached=True, mclient_path='/mnt/memcached', list_file='data/imagenet/meta/train.txt', root='data/imagenet/train')
end = [dict(type='ToTensor'), dict(type='Normalize', **img_norm_cfg)]
model = dict(
    type='SimCLR', pretrained=None,
    backbone=dict(type='ResNet', depth=18, in_channels=3, out_indices=[4], norm_cfg=dict(type='SyncBN')),
    neck=dict(type='NonLinearNeckSimCLR', in_channels=512, hid_channels=256, out_channels=64, num_layers=2, with_avg_pool=True),
    head=dict(type='ContrastiveHead', temperature=0.1))
data = dict(
    imgs_per_gpu=32, workers_per_gpu=4, drop_last=True,
    train=dict(
        type='ContrastiveDataset', data_source=source,
        pipeline=[
            dict(type='RandomResizedCrop', size=224),
            dict(type='RandomHorizontalFlip'),
            dict(type='RandomAppliedTrans', transforms=[dict(type='ColorJitter', brightness=0.8, contrast=0.8, saturation=0.8, hue=0.2)], p=0.8),
            dict(type='RandomGrayscale', p=0.2),
            dict(type='RandomAppliedTrans', transforms=[dict(type='GaussianBlur', sigma_min=0.1, sigma_max=2.0)], p=0.5),
        ] + end))
optimizer = dict(
    type='LARS', lr=0.3, weight_decay=0.000001, momentum=0.9,
    paramwise_options={'(bn|gn)(\d+)?.(weight|bias)': dict(weight_decay=0., lars_exclude=True), 'bias': dict(weight_decay=0., lars_exclude=True)})
lr_config = dict(policy='CosineAnnealing', min_lr=0., warmup='linear', warmup_iters=10, warmup_ratio=0.0001, warmup_by_epoch=True)
