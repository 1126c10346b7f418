"""Writes tagged.json: images that may be of several classes, and what MMSelfSup's benchmark of VOC07 makes of them. No Go test needs Python.

Usage: python tagged.py DIR, with numpy and scikit-learn; DIR is tools/benchmarks/classification/svm_voc07/tools of MMSelfSup 0.11.0,
whose train_svm_kfold.py and test_svm.py are run as they are (with numpy 1.26). Features are float32 numbers; tags are 1 (of the class), 0 (not) and -1 (not judged)."""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

BANK, QUERIES, DIM, CLASSES = 240, 300, 8, 4
COSTS = '1.0,10.0,100.0'


def made(rng, centres, n):
    tags = (rng.random((n, CLASSES)) < 0.3).astype(np.int64)
    x = (tags @ centres + rng.normal(0, 0.9, (n, DIM))).astype(np.float32).round(3)
    tags[rng.random((n, CLASSES)) < 0.06] = -1
    return x, tags


def short(x):
    return x.ravel().astype(float).round(3).tolist()


def main():
    tools = pathlib.Path(sys.argv[1]).resolve()
    rng = np.random.default_rng(5)
    centres = rng.normal(0, 1, (CLASSES, DIM))
    bank, tags = made(rng, centres, BANK)
    query, truth = made(rng, centres, QUERIES)
    with tempfile.TemporaryDirectory() as d:
        for name, x in (('bank', bank), ('tags', tags), ('query', query), ('truth', truth)):
            np.save(f'{d}/{name}.npy', x)
        run = lambda script, *args: subprocess.run([sys.executable, str(tools / script), *args, '--costs_list', COSTS, '--output_path', f'{d}/svm'], check=True, cwd=tools, stdout=subprocess.DEVNULL)
        run('train_svm_kfold.py', '--data_file', f'{d}/bank.npy', '--targets_data_file', f'{d}/tags.npy')
        run('test_svm.py', '--data_file', f'{d}/query.npy', '--targets_data_file', f'{d}/truth.npy')
        ap = np.load(f'{d}/svm/test_ap.npy')[:, 0]
        cost = np.load(f'{d}/svm/chosen_cost.npy')
    out = dict(dim=DIM, bank=short(bank), tags=tags.tolist(), query=short(query), truth=truth.tolist(), ap=ap.tolist(), cost=cost.tolist())
    text = json.dumps(out, default=float)
    pathlib.Path(__file__).with_name('tagged.json').write_text(text.replace('], "', '],\n"') + '\n')


main()
