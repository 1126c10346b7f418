_base_ = '_base_/run.py'
img_norm_cfg = dict(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])
source = dict(type='ImageNet', memcached=True, mclient_path='/mnt/memcached', list_file='data/imagenet/meta/train.txt', root='data/imagenet/train')
end = [dict(type='ToTensor'), dict(type='Normalize', **img_norm_cfg)]
model = dict(
    type='NPID', pretrained=None, neg_num=4096, ensure_neg=True,
    backbone=dict(type='ResNet', depth=18, in_channels=3, out_indices=[4], norm_cfg=dict(type='SyncBN')),
    neck=dict(type='LinearNeck', in_channels=512, out_channels=64, with_avg_pool=True),
    head=dict(type='ContrastiveHead', temperature=0.09),
    memory_bank=dict(type='SimpleMemory', length=5000, feat_dim=64, momentum=0.4))
data = dict(
    imgs_per_gpu=32, workers_per_gpu=4,
    train=dict(
        type='NPIDDataset', data_source=source,
        pipeline=[
            dict(type='RandomResizedCrop', size=224, scale=(0.2, 1.)),
            dict(type='RandomGrayscale', p=0.2),
            dict(type='ColorJitter', brightness=0.4, contrast=0.4, saturation=0.4, hue=0.4),
            dict(type='RandomHorizontalFlip'),
        ] + end))
optimizer = dict(type='SGD', lr=0.03, weight_decay=0.0001, momentum=0.9, nesterov=False)
lr_config = dict(policy='step', step=[60, 80])
