# Images that are clustered, and whose clusters are the labels.
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
data = dict(imgs_per_gpu=64, train=dict(type='DeepClusterDataset', data_source=source, pipeline=train_pipeline))
