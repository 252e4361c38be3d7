"""Teaching the suggestion of kinds from stored complaints and the phrases that are shipped."""

import tomllib
from collections.abc import Sequence
from datetime import datetime
from importlib import resources
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql import insert

from geo.schema import model
from geo.suggestion import NAME, Model, features, plain

# Of each kind the newest complaints, each wording once: more teach little and cost much.
MOST_OF_A_KIND: Final = 4000
FOLDS: Final = 5
# How often a first suggestion must be right to be made at all.
PRECISION: Final = 0.85
# Of inverse regularisation; 3 to 30 are alike on phrases (cross-validated), below 1 it learns less.
STRENGTH: Final = 10.0
# A hash of fewer texts than this tells one text from all others, no kind.
LEAST_TEXTS: Final = 1


class Lesson(NamedTuple):
    """Texts and what they are about, row by row."""

    texts: list[str]
    categories: list[str]


def phrases() -> Lesson:
    """What is shipped, for the time before a city has complaints of its own."""
    read = tomllib.loads(resources.files("geo").joinpath("phrases.toml").read_text("utf-8"))
    rows = [(phrase, kind) for kind, said in read.items() for phrase in said]
    return Lesson([phrase for phrase, _ in rows], [kind for _, kind in rows])


def complaints(connection: Connection) -> Lesson:
    """Stored words by their kind, as it is today: officials have put right what was wrong.

    Made-up complaints teach nothing and are left out; so is what was withdrawn or refused.
    """
    rows = connection.execute(
        text(
            """
            SELECT k.code, said.text
              FROM category k
             CROSS JOIN LATERAL (
               SELECT DISTINCT newest.text
                 FROM (SELECT c.text FROM complaint c JOIN source s ON s.id = c.source_id
                        WHERE c.category_id = k.id AND s.kind <> 'sample'
                          AND c.status NOT IN (5, 7) AND length(c.text) >= 5
                        ORDER BY c.reported_at DESC LIMIT :most) AS newest) AS said
             ORDER BY k.code, said.text
            """
        ),
        {"most": MOST_OF_A_KIND},
    ).all()
    return Lesson([row.text for row in rows], [row.code for row in rows])


def names(connection: Connection) -> Lesson:
    """What the kinds are called is a phrase of each."""
    rows = connection.execute(text("SELECT code, name_vi, name_en FROM category ORDER BY id")).all()
    said = [(name, row.code) for row in rows for name in (row.name_vi, row.name_en)]
    return Lesson([name for name, _ in said], [code for _, code in said])


def taught(lesson: Lesson) -> Model:
    """A model of a lesson, with what cross-validation says of it in `measured`.

    Each text is learnt as it is written and without its diacritics; both are in the same fold.
    `accuracy` and `top3` are shares of texts in which the true kind came first, or among the first
    three; `made` is the share for which a suggestion is made and `right` how many of those are.
    """
    kinds = sorted(set(lesson.categories))
    target = np.array([kinds.index(kind) for kind in lesson.categories])
    both = [*lesson.texts, *map(plain, lesson.texts)]
    hashes, rows = _matrix([features(one) for one in both])
    y = np.concatenate([target, target])
    groups = np.concatenate([np.arange(len(target))] * 2)
    found = _held_out(rows, y, groups, len(kinds))
    sure, measured = _measured(found, y)
    fitted = _fit(rows, y)
    weights = np.zeros((len(hashes), len(kinds)), np.float16)
    bias = np.full(len(kinds), -np.inf, np.float32)
    weights[:, fitted.classes_] = fitted.coef_.T
    bias[fitted.classes_] = fitted.intercept_
    measured |= {"texts": len(lesson.texts), "categories": len(kinds)}
    return Model(tuple(kinds), hashes, weights, bias, sure, measured)


def _matrix(found: Sequence[NDArray[np.uint32]]) -> tuple[NDArray[np.uint32], csr_matrix]:
    """All hashes, ascending, and the texts as rows of length one over them."""
    hashes, times = np.unique(np.concatenate(found), return_counts=True)
    hashes = hashes[times >= LEAST_TEXTS]
    lengths = np.array([len(one) for one in found])
    column = np.searchsorted(hashes, np.concatenate(found))
    value = np.repeat(1 / np.sqrt(np.maximum(lengths, 1)), lengths)
    ends = np.concatenate([[0], np.cumsum(lengths)])
    return hashes, csr_matrix((value, column, ends), shape=(len(found), len(hashes)))


def _fit(rows: csr_matrix, y: NDArray[np.int64]) -> LogisticRegression:
    chosen = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=300)
    return chosen.fit(rows, y)


def _held_out(
    rows: csr_matrix, y: NDArray[np.int64], groups: NDArray[np.int64], k: int
) -> NDArray[np.float64]:
    """Probabilities of each text by a model that has not seen it, shape (n, k)."""
    found = np.zeros((rows.shape[0], k))
    for seen, held in StratifiedGroupKFold(FOLDS, shuffle=True, random_state=1).split(
        rows, y, groups
    ):
        fitted = _fit(rows[seen], y[seen])
        found[np.ix_(held, fitted.classes_)] = fitted.predict_proba(rows[held])
    return found


def _measured(found: NDArray[np.float64], y: NDArray[np.int64]) -> tuple[float, dict[str, Any]]:
    """From which probability on a first suggestion is right often enough, and the shares."""
    order = np.argsort(-found, axis=1)
    right = order[:, 0] == y
    top3 = (order[:, :3] == y[:, None]).any(axis=1)
    first = found[np.arange(len(y)), order[:, 0]]
    by_sureness = np.argsort(-first, kind="stable")
    precision = np.cumsum(right[by_sureness]) / np.arange(1, len(y) + 1)
    enough = np.flatnonzero(precision >= PRECISION)
    made = int(enough[-1]) + 1 if len(enough) else 0
    sure = float(first[by_sureness[made - 1]]) if made else 1.0
    return sure, {
        "accuracy": round(float(right.mean()), 4),
        "top3": round(float(top3.mean()), 4),
        "made": round(made / len(y), 4),
        "right": round(float(precision[made - 1]), 4) if made else None,
        "folds": FOLDS,
    }


def teach(connection: Connection, at: datetime) -> Model:
    """Teach anew from everything there is and keep the model; part of the caller's transaction."""
    lessons = (phrases(), names(connection), complaints(connection))
    known = set(connection.execute(text("SELECT code FROM category")).scalars())
    rows = [
        (said, kind)
        for lesson in lessons
        for said, kind in zip(lesson.texts, lesson.categories, strict=True)
        if kind in known
    ]
    made = taught(Lesson([said for said, _ in rows], [kind for _, kind in rows]))
    values = {"name": NAME, "made_at": at, "measured": made.measured, "content": made.packed()}
    connection.execute(
        insert(model).values(values).on_conflict_do_update(index_elements=["name"], set_=values)
    )
    return made
