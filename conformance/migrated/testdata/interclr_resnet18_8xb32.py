# Margins of both kinds, epochs without the loss between images, and a neck of its own for it.
_base_ = ['_base_/two_views.py', '_base_/runtime.py']
num_classes = 100
model = dict(
    type='InterCLRMoCo', queue_len=4096, feat_dim=64, momentum=0.996,
    backbone=dict(type='ResNet', depth=18, in_channels=3, out_indices=[4], norm_cfg=dict(type='BN')),
    neck=dict(type='MoCoV2Neck', in_channels=512, hid_channels=256, out_channels=64, with_avg_pool=True),
    head=dict(type='ContrastiveHead', temperature=0.15),
    memory_bank=dict(type='InterCLRMemory', length=5000, feat_dim=64, momentum=0.9, num_classes=num_classes, min_cluster=15, debug=False),
    online_labels=True, neg_num=512, neg_sampling='semieasy', semihard_neg_pool_num=2000, semieasy_neg_pool_num=3000,
    intra_arc_marign_loss=True, intra_arc_margin=0.2, inter_cos_marign_loss=True, inter_cos_margin=-0.4,
    intra_loss_weight=0.7, inter_loss_weight=0.3, share_neck=False, num_classes=num_classes)
data = dict(replace=True)
extract_pipeline = [
    dict(type='Resize', size=256), dict(type='CenterCrop', size=224), dict(type='ToTensor'),
    dict(type='Normalize', mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])
]
custom_hooks = [
    dict(
        type='InterCLRHook',
        extractor=dict(
            samples_per_gpu=256, workers_per_gpu=8,
            dataset=dict(
                type='SingleViewDataset', data_source=dict(type='ImageNet', data_prefix='data/imagenet/train', ann_file='data/imagenet/meta/train.txt'), pipeline=extract_pipeline)),
        clustering=dict(type='Kmeans', k=num_classes, pca_dim=-1),
        centroids_update_interval=12, deal_with_small_clusters_interval=3, evaluate_interval=50, warmup_epochs=4, init_memory=True, initial=True, online_labels=True, interval=5)
]
optimizer = dict(type='SGD', lr=0.03, weight_decay=1e-4, momentum=0.9)
lr_config = dict(policy='CosineAnnealing', min_lr=0.)
