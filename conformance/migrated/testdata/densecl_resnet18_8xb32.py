_base_ = ['_base_/two_views.py', '_base_/runtime.py']
model = dict(
    type='DenseCL', queue_len=4096, feat_dim=128, momentum=0.999, loss_lambda=0.5,
    backbone=dict(type='ResNet', depth=18, in_channels=3, out_indices=[4], norm_cfg=dict(type='BN')),
    neck=dict(type='DenseCLNeck', in_channels=512, hid_channels=512, out_channels=128, num_grid=None),
    head=dict(type='ContrastiveHead', temperature=0.2))
optimizer = dict(type='SGD', lr=0.03, weight_decay=1e-4, momentum=0.9)
lr_config = dict(policy='CosineAnnealing', min_lr=0.)
