"""Writes scalars.golden: what PyYAML, by which mmcv reads .yaml files, makes of scalars.yaml. Usage: python scalars.py, with PyYAML 6."""
import os

import yaml

here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, 'scalars.yaml')) as f:
    values = yaml.load(f, Loader=yaml.FullLoader)
with open(os.path.join(here, 'scalars.golden'), 'w') as f:
    for k, v in values.items():
        print(f'{k!r}: {v!r}', file=f)
