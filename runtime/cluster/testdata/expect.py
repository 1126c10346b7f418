"""Writes expect.json: vectors, and what scikit-learn makes of them. Run it with scikit-learn 1.x beside this file."""
import json
import pathlib

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA

rng = np.random.Generator(np.random.PCG64(1))
short4 = lambda x: np.round(x, 4).astype(np.float32)


def kmeans(x, k):
    start = list(range(0, len(x), len(x) // k))[:k]
    x = x.astype(np.float64)
    given = KMeans(k, init=x[start], n_init=1, max_iter=100, tol=0, algorithm="lloyd").fit(x)
    best = KMeans(k, n_init=50, max_iter=100, tol=0, random_state=0).fit(x)
    return {"k": k, "start": start, "labels": given.labels_.tolist(), "inertia": given.inertia_, "best": best.inertia_}


blobs = short4(np.concatenate([c + 0.3 * rng.normal(size=(20, 4)) for c in 3 * rng.normal(size=(6, 4))]))
cloud = short4(rng.normal(size=(150, 3)) * [3, 1, 0.5] + [1, 2, 3])
white = PCA(2, whiten=True, svd_solver="full").fit_transform(cloud.astype(np.float64)) * np.sqrt(150 / 149)  # variance 1 over n, not n - 1
out = {
    "blobs": {"rows": blobs.tolist(), **kmeans(blobs, 6)},
    "cloud": {"rows": cloud.tolist(), **kmeans(cloud, 8)},
    "white": white.tolist(),
}
short = lambda v: [short(x) for x in v] if isinstance(v, list) else {k: short(x) for k, x in v.items()} if isinstance(v, dict) else float(f"{v:.9g}") if isinstance(v, float) else v
pathlib.Path(__file__).with_name("expect.json").write_text(json.dumps(short(out), separators=(",", ":")) + "\n")
