_base_ = '_base_/run.py'
img_norm_cfg = dict(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])
source = dict(type='ImageNet', memcached=True, mclient_path='/mnt/memcached', list_file='data/imagenet/meta/train.txt', root='data/imagenet/train')
end = [dict(type='ToTensor'), dict(type='Normalize', **img_norm_cfg)]
train_pipeline = [
    dict(type='RandomResizedCrop', size=224),
    dict(type='RandomHorizontalFlip'),
    dict(type='RandomRotation', degrees=2),
    dict(type='ColorJitter', brightness=0.4, contrast=0.4, saturation=1.0, hue=0.5),
    dict(type='RandomGrayscale', p=0.2),
] + end
extractor = dict(
    imgs_per_gpu=128, workers_per_gpu=8,
    dataset=dict(type='DeepClusterDataset', data_source=source, pipeline=[dict(type='Resize', size=256), dict(type='CenterCrop', size=224)] + end))
num_classes = 100
model = dict(
    type='DeepCluster', pretrained=None, with_sobel=True,
    backbone=dict(type='ResNet', depth=18, in_channels=2, out_indices=[4], norm_cfg=dict(type='BN')),
    neck=dict(type='AvgPoolNeck'),
    head=dict(type='ClsHead', with_avg_pool=False, in_channels=512, num_classes=num_classes))
data = dict(imgs_per_gpu=64, workers_per_gpu=6, train=dict(type='DeepClusterDataset', data_source=source, pipeline=train_pipeline))
custom_hooks = [
    dict(type='DeepClusterHook', extractor=extractor, clustering=dict(type='Kmeans', k=num_classes, pca_dim=64), unif_sampling=True, reweight=False, reweight_pow=0.5, initial=True, interval=2)
]
optimizer = dict(type='SGD', lr=0.1, momentum=0.9, weight_decay=0.00001, nesterov=False, paramwise_options={'\Ahead.': dict(momentum=0.)})
lr_config = dict(policy='step', step=[60, 80])
