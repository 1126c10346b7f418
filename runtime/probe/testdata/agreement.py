"""Writes agreement.json: a small classification task and what scikit-learn, PyTorch and numpy make of it. No Go test needs Python.

Run it with an environment that has numpy, torch and scikit-learn (it was written with 2.9.1 and 1.9.1). Features are float32 numbers."""
import json
import pathlib

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.neighbors import NearestNeighbors, KNeighborsClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

BANK, QUERIES, DIM, CLASSES = 360, 1000, 8, 5
NEIGHBOURS, TEMPERATURE = [1, 5, 20], 0.07
L2 = [1e-4, 1e-2]
COSTS = [2.0**-8, 2.0**-4, 1.0, 10.0]
POSITIVE_WEIGHT, FOLDS = 2.0, 3


def short(x):
    return np.asarray(x, np.float32).round(3)


def unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def knn(bank, label, query, truth):
    near = NearestNeighbors(n_neighbors=max(NEIGHBOURS), metric="cosine", algorithm="brute").fit(bank).kneighbors(query)[1]
    out = {}
    for k in NEIGHBOURS:
        weighted = KNeighborsClassifier(k, metric="cosine", algorithm="brute", weights=lambda d: np.exp((1 - d) / TEMPERATURE)).fit(bank, label)
        votes = np.eye(CLASSES)[label[near[:, :k]]].sum(1)
        tied = votes == votes.max(1, keepdims=True)
        # of tied classes the nearest neighbour's
        first = np.array([next(l for l in label[row[:k]] if tied[q, l]) for q, row in enumerate(near)])
        out[str(k)] = {"weighted": weighted.score(query, truth), "majority": np.mean(first == truth)}
    return out


def linear(bank, label, query, truth):
    scaler = StandardScaler().fit(bank)
    out = {}
    for l2 in L2:
        m = LogisticRegression(C=1 / (len(bank) * l2), tol=1e-10, max_iter=100000).fit(scaler.transform(bank), label)
        out[str(l2)] = {"accuracy": m.score(scaler.transform(query), truth), "weights": m.coef_.T.ravel().tolist(), "bias": m.intercept_.tolist()}
    return out


def sgd(bank, label, epochs, milestones, lr, momentum, decay, lars):
    """Full-batch training from zero (LARS from 0.01 everywhere): no order to agree on."""
    x, y = torch.tensor(bank), torch.tensor(label)
    start = 0.01 if lars else 0.0
    w, b = torch.full((DIM, CLASSES), start, dtype=torch.float64), torch.full((CLASSES,), start, dtype=torch.float64)
    w += start * torch.arange(DIM * CLASSES, dtype=torch.float64).reshape(DIM, CLASSES)
    w.requires_grad_(), b.requires_grad_()
    optimizer = torch.optim.SGD([w, b], lr, momentum, weight_decay=decay)
    velocity = [torch.zeros_like(w), torch.zeros_like(b)]
    for epoch in range(epochs):
        rate = lr * 0.1 ** sum(epoch >= m for m in milestones)
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(x @ w + b, y)
        loss.backward()
        if not lars:
            optimizer.param_groups[0]["lr"] = rate
            optimizer.step()
            continue
        with torch.no_grad():
            for p, v in zip((w, b), velocity):
                norm, slope = p.norm(), p.grad.norm()
                local = 0.001 * norm / (slope + decay * norm + 1e-8) if norm > 0 and slope > 0 else 1.0
                v.mul_(momentum).add_((p.grad + decay * p) * local * rate)
                p.sub_(v)
    return {"weights": w.detach().ravel().tolist(), "bias": b.detach().tolist(), "loss": loss.item()}


def monotone_ap(score, positive):
    order = np.argsort(-score, kind="stable")
    hit = positive[order]
    recall = np.concatenate([[0], np.cumsum(hit) / hit.sum(), [1]])
    precision = np.concatenate([[0], np.cumsum(hit) / np.arange(1, len(hit) + 1), [0]])
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    step = np.where(recall[1:] != recall[:-1])[0] + 1
    return np.sum((recall[step] - recall[step - 1]) * precision[step])


def svm(bank, label, query, truth):
    x, z = [f / (np.linalg.norm(f, axis=1, keepdims=True) + 1e-5) for f in (bank, query)]
    out = {"cost": [], "weights": [], "ap": [], "average_precision": [], "fold": []}
    scores = []
    for c in range(CLASSES):
        y = np.where(label == c, 1, -1)

        def machine(cost):
            return LinearSVC(C=cost, class_weight={1: POSITIVE_WEIGHT, -1: 1}, dual=True, tol=1e-10, max_iter=1000000, random_state=0)

        mean = [cross_val_score(machine(cost), x, y, cv=FOLDS, scoring="average_precision").mean() for cost in COSTS]
        best = np.sort(mean)
        assert best[-1] - best[-2] > 1e-5, "the choice of a cost is too close"
        out["cost"].append(COSTS[int(np.argmax(mean))])
        m = machine(out["cost"][-1]).fit(x, y)
        out["weights"].append([*m.coef_[0], m.intercept_[0]])
        scores.append(m.decision_function(z))
        out["ap"].append(monotone_ap(scores[-1], truth == c))
        out["average_precision"].append(average_precision_score(truth == c, scores[-1]))
        fold = np.zeros(len(y), int)
        for i, (_, held) in enumerate(StratifiedKFold(FOLDS).split(x, y)):
            fold[held] = i
        out["fold"].append(fold.tolist())
    out["map"] = np.mean(out["ap"])
    out["accuracy"] = np.mean(np.argmax(scores, 0) == truth)
    return out


def meters(x, y):
    s = np.linalg.svd(x, compute_uv=False)
    p = s / s.sum()
    x, y = unit(x), unit(y)
    d2 = ((x[:, None] - x[None]) ** 2).sum(-1)[np.triu_indices(len(x), 1)]
    return {"std": x.std(0).mean() * np.sqrt(x.shape[1]), "rank": np.exp(-(p * np.log(p)).sum()), "alignment": ((x - y) ** 2).sum(1).mean(),
            "uniformity": np.log(np.exp(-2 * d2).mean()), "distance": d2.mean()}


def main():
    g = np.random.Generator(np.random.PCG64(7))
    centre = g.normal(size=(CLASSES, DIM))
    mix = g.normal(size=(DIM, DIM)) / np.sqrt(DIM)
    label, truth = g.integers(CLASSES, size=BANK), g.integers(CLASSES, size=QUERIES)
    bank, query = (short((centre[l] + 1.1 * g.normal(size=(len(l), DIM))) @ mix * np.linspace(0.3, 4, DIM) + 0.5) for l in (label, truth))
    wide = short(g.normal(size=(6, DIM)))
    file = {"bank": bank, "label": label, "query": query, "truth": truth, "view": short(query[:50] + 0.3 * g.normal(size=(50, DIM))), "wide": wide}
    b, q = bank.astype(np.float64), query.astype(np.float64)
    result = {
        "knn": knn(b, label, q, truth), "linear": linear(b, label, q, truth), "svm": svm(b, label, q, truth),
        "sgd": sgd(b, label, 12, [6, 9], 0.05, 0.9, 0.01, False), "lars": sgd(b, label, 12, [6, 9], 2.0, 0.9, 0.01, True),
        "meters": meters(q[:50], file["view"].astype(np.float64)), "meters_wide": meters(wide.astype(np.float64), wide[::-1].astype(np.float64)),
    }
    for name, x in file.items():
        # floats as the shortest text of their float32
        result[name] = [float(str(v)) for v in x.ravel()] if x.dtype == np.float32 else x.ravel().tolist()
    path = pathlib.Path(__file__).resolve().with_suffix(".json")
    path.write_text(json.dumps(result, sort_keys=True, separators=(",", ":")).replace('],"', '],\n"') + "\n")
    print({k: v for k, v in result.items() if k in ("knn", "meters", "meters_wide")}, result["svm"]["cost"], result["svm"]["map"], result["svm"]["accuracy"],
          [v["accuracy"] for v in result["linear"].values()], path.stat().st_size)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
