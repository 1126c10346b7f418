"""k-nearest-neighbour votes by cosine on a small bank, with ties and near ties."""
import numpy as np

from store import exact, rng, save

BANK, QUERIES, DIM, CLASSES, K_MAJORITY, K_WEIGHTED, TEMPERATURE, SEED = 60, 20, 16, 4, 5, 20, 0.07, 98
GAP = 1e-5  # no decision is closer than this, so that float32 decides alike

DESCRIPTION = (
    "bank (60, 16), bank_label, query (20, 16), query_label of 4 classes; features are L2-normalised before use. neighbour: the 20 most "
    "similar bank rows of each query, best first; similarity: their cosines. majority_first: k=5, most votes, ties to the smaller class. "
    "majority_similar: the same, ties to the class with the larger sum of cosines. weighted: k=20, sum of exp(cos/0.07) per class "
    "(Wu et al., 2018). accuracy/VOTE: share of right answers."
)


def unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def decided(scores):
    """argmax of each row, which must lead by GAP of the best."""
    first, second = np.sort(scores, 1)[:, -1], np.sort(scores, 1)[:, -2]
    assert ((first - second) > GAP * np.abs(first)).all(), "a vote is too close"
    return scores.argmax(1)


def votes(bank, label, query):
    s = unit(query) @ unit(bank).T
    order = np.argsort(-s, 1, kind="stable")
    ranked = np.take_along_axis(s, order, 1)
    for k in (K_MAJORITY, K_WEIGHTED):
        assert (ranked[:, k - 1] - ranked[:, k] > GAP).all(), "the last neighbour is too close to the next"
    near = order[:, :K_WEIGHTED]
    chosen = np.eye(CLASSES, dtype=s.dtype)[label[near]]
    cosine, few = ranked[:, :K_WEIGHTED], chosen[:, :K_MAJORITY]
    count = few.sum(1)
    summed = (few * cosine[:, :K_MAJORITY, None]).sum(1)
    return {
        "neighbour": near, "similarity": cosine, "majority_first": count.argmax(1),
        "majority_similar": decided(np.where(count == count.max(1, keepdims=True), summed, -np.inf)),
        "weighted": decided((chosen * np.exp(cosine / TEMPERATURE)[:, :, None]).sum(1)),
    }


def main():
    g = rng(SEED)
    centre = g.normal(size=(CLASSES, DIM))
    bank_label, query_label = np.arange(BANK) % CLASSES, np.arange(QUERIES) % CLASSES
    bank = exact(centre[bank_label] + 1.6 * g.normal(size=(BANK, DIM))).numpy()
    middle = 0.5 * (centre[query_label] + centre[(query_label + 1) % CLASSES])
    query = exact(middle + 0.7 * g.normal(size=(QUERIES, DIM))).numpy()
    reference = votes(bank, bank_label, query)
    single = votes(bank.astype(np.float32), bank_label, query.astype(np.float32))
    kinds = ("majority_first", "majority_similar", "weighted")
    for kind in ("neighbour",) + kinds:
        np.testing.assert_array_equal(reference[kind], single[kind])
    assert (reference["majority_first"] != reference["majority_similar"]).sum() >= 2, "no tie tells the two rules apart"
    accuracy = {f"accuracy/{kind}": np.mean(reference[kind] == query_label) for kind in kinds}
    params = {"k_majority": K_MAJORITY, "k_weighted": K_WEIGHTED, "temperature": TEMPERATURE, "classes": CLASSES}
    worst = np.linalg.norm(single["similarity"] - reference["similarity"]) / np.linalg.norm(reference["similarity"])
    save("knn", DESCRIPTION, {"bank": bank, "bank_label": bank_label, "query": query, "query_label": query_label} | reference | accuracy,
         params, {"similarity": float(f"{worst:.1e}")})
