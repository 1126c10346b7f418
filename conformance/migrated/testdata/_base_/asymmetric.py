# Two views with pipelines of their own, changed after a copy.
import copy
img_norm_cfg = dict(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])
strength = 0.5
train_pipeline1 = [
    dict(type='RandomResizedCrop', size=224, interpolation=3),
    dict(type='RandomHorizontalFlip'),
    dict(type='RandomAppliedTrans', transforms=[
        dict(type='ColorJitter', brightness=0.8 * strength, contrast=0.8 * strength, saturation=0.4 * strength, hue=0.2 * strength)], p=0.8),
    dict(type='RandomGrayscale', p=0.2),
    dict(type='GaussianBlur', sigma_min=0.1, sigma_max=2.0, p=1.),
    dict(type='Solarization', p=0.),
    dict(type='ToTensor'),
    dict(type='Normalize', **img_norm_cfg)
]
train_pipeline2 = copy.deepcopy(train_pipeline1)
train_pipeline2[4]['p'] = 0.1  # blur
train_pipeline2[5]['p'] = 0.2  # solarization
data = dict(
    samples_per_gpu=32,
    workers_per_gpu=4,
    train=dict(
        type='MultiViewDataset',
        data_source=dict(type='ImageNet', data_prefix='data/imagenet/train', ann_file='data/imagenet/meta/train.txt'),
        num_views=[1, 1],
        pipelines=[train_pipeline1, train_pipeline2]))
