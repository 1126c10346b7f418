"""Writes what the tests of this package compare with: events.tfevents by TensorBoard's own writer, read back by its own reader, and tsne.json by scikit-learn.

Run in this folder with tensorboard 2.21 and scikit-learn 1.9: python expect.py
"""
import json
import os

import numpy as np
from sklearn.manifold import TSNE
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.summary.writer.record_writer import RecordWriter


def events():
    values = {10: {"loss": 6.090326595306396, "lr": 0.0002745714285714285}, 20: {"loss": float("nan"), "lr": 0.5}, 300: {"knn": 0.8812}}
    with open("events.tfevents", "wb") as f:
        w = RecordWriter(f)
        w.write(event_pb2.Event(wall_time=1.76e9, file_version="brain.Event:2").SerializeToString())
        for step, scalars in values.items():
            summary = summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag=k, simple_value=v) for k, v in sorted(scalars.items())])
            w.write(event_pb2.Event(wall_time=1.76e9 + step / 8, step=step, summary=summary).SerializeToString())
        w.flush()
    read = [(e.step, [v.tag for v in e.summary.value]) for e in EventFileLoader(os.path.abspath("events.tfevents")).Load()]
    assert read == [(0, []), (10, ["loss", "lr"]), (20, ["loss", "lr"]), (300, ["knn"])], read


def tsne():
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(5, 8)) * 3
    x = np.round((centres[np.arange(200) % 5] + rng.normal(size=(200, 8))), 2).astype(np.float32)
    t = TSNE(perplexity=30, method="barnes_hut", init="pca", learning_rate="auto", random_state=0).fit(x)
    with open("tsne.json", "w") as f:
        json.dump({"dim": 8, "kl": float(t.kl_divergence_), "features": [round(float(v), 2) for v in x.ravel()]}, f, separators=(",", ":"))
        f.write("\n")


events()
tsne()
