_base_ = ['_base_/asymmetric.py', '_base_/runtime.py']
temperature = 0.2
model = dict(
    type='MoCoV3', base_momentum=0.99,
    backbone=dict(type='VisionTransformer', arch='mocov3-small', img_size=224, patch_size=16, stop_grad_conv1=True),
    neck=dict(
        type='NonLinearNeck', in_channels=384, hid_channels=1024, out_channels=256, num_layers=3, with_bias=False, with_last_bn=True, with_last_bn_affine=False,
        with_last_bias=False, with_avg_pool=False, vit_backbone=True),
    head=dict(
        type='MoCoV3Head',
        predictor=dict(
            type='NonLinearNeck', in_channels=256, hid_channels=1024, out_channels=256, num_layers=2, with_bias=False, with_last_bn=True, with_last_bn_affine=False,
            with_last_bias=False, with_avg_pool=False),
        temperature=temperature))
custom_hooks = [dict(type='MomentumUpdateHook')]
optimizer = dict(type='AdamW', lr=2.4e-3, betas=(0.9, 0.95), weight_decay=0.1)
lr_config = dict(policy='CosineAnnealing', by_epoch=False, min_lr=0., warmup='linear', warmup_iters=40, warmup_ratio=1e-4, warmup_by_epoch=True)
