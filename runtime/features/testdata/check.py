"""Reads the golden files with NumPy, PyArrow and Python's csv and compares them with the rows of features_test.go. Needs the packages
numpy and pyarrow: python check.py"""
import csv
import pathlib

import numpy as np
import pyarrow.parquet as pq

big, small = np.finfo(np.float32).max, np.float32(2.0**-149)
X = np.array([[0, 1, -1.5, 0.1], [big, -big, small, np.float32(1) / np.float32(3)], [16777216, 2, 3, 4], [5, 6, 7, 8]], np.float32)
NAMES = ["a.png", 'b, "c".png', "ö.png", ""]
LABELS = [3, None, 0, 1 << 40]

here = pathlib.Path(__file__).parent
for name, shape in (("flat.npy", (4, 4)), ("map.npy", (4, 1, 2, 2))):
    a = np.load(here / name)
    assert a.dtype == np.float32 and a.shape == shape and np.array_equal(a.reshape(4, 4), X), name
    print(name, "ok")
head, *lines = csv.reader((here / "flat.csv").open(newline="", encoding="utf-8"))
assert head == ["name", "label", "f0", "f1", "f2", "f3"]
assert [r[0] for r in lines] == NAMES and [int(r[1]) if r[1] else None for r in lines] == LABELS
assert np.array_equal(np.array([r[2:] for r in lines], np.float32), X)
print("flat.csv ok")
for name, groups in (("one_group.parquet", 1), ("groups.parquet", 4)):
    f = pq.ParquetFile(here / name)
    t = f.read()
    assert f.num_row_groups == groups and t.column("name").to_pylist() == NAMES and t.column("label").to_pylist() == LABELS, name
    assert np.array_equal(np.array(t.column("features").to_pylist(), np.float32), X), name
    print(name, "ok:", t.schema.to_string().replace("\n", ", "))
