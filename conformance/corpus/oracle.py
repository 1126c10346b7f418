"""Evaluates configuration files with the upstream configuration classes and prints one JSON object a line: {"file", "value"} or {"file", "error"}.

Usage: oracle.py mmcv|mmengine PACKAGES < file names, one a line, in an environment with mmcv 1.7.1 (built without operators) and mmengine 0.7.4. PACKAGES are the folders of external configurations, as name=folder,name=folder.
Types are kept: {"i": "3"} int, {"f": "0x1.8p+1"} float, {"t": [...]} tuple, {"d": [[key, value], ...]} dictionary in order of keys.
"""
import json
import os.path as osp
import sys
import warnings

warnings.simplefilter('ignore')


def dump(x):
    if x is None or isinstance(x, (bool, str)):
        return x
    if isinstance(x, int):
        return {'i': str(x)}
    if isinstance(x, float):
        return {'f': x.hex()}
    if isinstance(x, tuple):
        return {'t': [dump(v) for v in x]}
    if isinstance(x, list):
        return [dump(v) for v in x]
    if isinstance(x, dict):
        return {'d': sorted([[dump(k), dump(v)] for k, v in x.items()], key=lambda p: json.dumps(p[0]))}
    raise TypeError(type(x))


def main():
    packages = dict(p.split('=') for p in sys.argv[2].split(',') if p)
    if sys.argv[1] == 'mmcv':
        from mmcv.utils import Config
        load = Config._file2dict
    else:
        from mmengine.config import Config

        def path(cfg_path, filename):
            if '::' in cfg_path:  # upstream looks into the installed package
                scope, rel = cfg_path.split('::')
                return osp.join(packages[scope], rel), scope
            return osp.join(osp.dirname(filename), cfg_path), None

        Config._get_cfg_path = staticmethod(path)
        load = Config._file2dict
    for line in sys.stdin:
        name = line.rstrip('\n')
        try:
            print(json.dumps({'file': name, 'value': dump(load(name)[0])}))
        except Exception as e:  # noqa: every failure is an answer
            print(json.dumps({'file': name, 'error': f'{type(e).__name__}: {e}'}))


main()
