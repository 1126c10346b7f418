_base_ = '_base_/run.py'
img_norm_cfg = dict(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])
source = dict(type='ImageNet', memcached=True, mclient_path='/mnt/memcached', list_file='data/imagenet/meta/train.txt', root='data/imagenet/train')
end = [dict(type='ToTensor'), dict(type='Normalize', **img_norm_cfg)]
model = dict(
    type='RelativeLoc', pretrained=None,
    backbone=dict(type='ResNet', depth=18, in_channels=3, out_indices=[4], norm_cfg=dict(type='BN')),
    neck=dict(type='RelativeLocNeck', in_channels=512, out_channels=1024, with_avg_pool=True),
    head=dict(type='ClsHead', with_avg_pool=False, in_channels=1024, num_classes=8))
data = dict(
    imgs_per_gpu=64, workers_per_gpu=2,
    train=dict(
        type='RelativeLocDataset', data_source=source, format_pipeline=end,
        pipeline=[dict(type='Resize', size=292), dict(type='RandomCrop', size=255), dict(type='RandomGrayscale', p=0.66)]))
optimizer = dict(
    type='SGD', lr=0.2, momentum=0.9, weight_decay=0.0001, nesterov=False, paramwise_options={'\Aneck.': dict(weight_decay=0.0005), '\Ahead.': dict(weight_decay=0.0005)})
lr_config = dict(policy='step', step=[30, 50], warmup='linear', warmup_iters=5, warmup_ratio=0.1, warmup_by_epoch=True)
