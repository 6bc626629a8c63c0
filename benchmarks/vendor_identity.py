"""How right vendor identity is on labelled real spellings, and how long it takes: `python -m benchmarks.vendor_identity`.

The labels lie beside the project, not in it. Figures on the whole file and on two halves by vendor: thresholds were set
on the half `tuned`, nothing on the half `held out`. Writes `benchmarks/vendor_identity.md`.
"""

from __future__ import annotations

import csv
import hashlib
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

from orchestration.settings import PROJECT_ROOT
from orchestration.vendors.cluster import Clustering, cluster
from orchestration.vendors.decisions import joined, rulings_of
from orchestration.vendors.identity import EMPTY, Index, Placed, resolve

PAIRS = PROJECT_ROOT / "tests" / "data" / "vendor_pairs.csv"
LABELS = PROJECT_ROOT.parent / "shared" / "data" / "vendor_names" / "labelled_names.csv"
REPORT = Path(__file__).with_suffix(".md")
EXAMPLES = 12
LOOK_UPS = 200


@dataclass(frozen=True)
class Figures:
    """Agreement of clusters with labels. `share_found`: of a vendor's spellings in its best cluster, mean over vendors."""

    spellings: int
    vendors: int
    clusters: int
    pair_precision: float
    pair_recall: float
    bcubed_precision: float
    bcubed_recall: float
    share_found: float

    @property
    def pair_f1(self) -> float:
        return 2 * self.pair_precision * self.pair_recall / (self.pair_precision + self.pair_recall)


def read_labels(path: Path = LABELS) -> list[tuple[str, str]]:
    """(label, spelling) of every labelled spelling."""
    with path.open(encoding="utf-8", newline="") as handle:
        return [(row["normalized_vendor_name"], row["original_vendor_name"]) for row in csv.DictReader(handle)]


def half_of(label: str) -> str:
    """`tuned` or `held out`, by the label's digest, so that a vendor lies whole in one half."""
    return "held out" if hashlib.sha256(label.encode("utf-8")).digest()[0] % 2 else "tuned"


def figures(pairs: list[tuple[str, str]]) -> Figures:
    """Figures of (label, cluster) pairs, one for every spelling."""
    both, labels, clusters = Counter(pairs), Counter(label for label, _ in pairs), Counter(found for _, found in pairs)
    best: dict[str, int] = defaultdict(int)
    for (label, _), count in both.items():
        best[label] = max(best[label], count)
    right = _pairs(both)
    return Figures(
        spellings=len(pairs),
        vendors=len(labels),
        clusters=len(clusters),
        pair_precision=right / max(_pairs(clusters), 1),
        pair_recall=right / max(_pairs(labels), 1),
        bcubed_precision=sum(n * n / clusters[found] for (_, found), n in both.items()) / len(pairs),
        bcubed_recall=sum(n * n / labels[label] for (label, _), n in both.items()) / len(pairs),
        share_found=sum(best[label] / labels[label] for label in labels) / len(labels),
    )


def figures_of(labelled: list[tuple[str, str]], clustering: Clustering | None = None) -> Figures:
    """Cluster the spellings among themselves and compare with their labels."""
    found = clustering or cluster(spelling for _, spelling in labelled)
    return figures([(label, found.founders[spelling]) for label, spelling in labelled])


def main() -> None:
    labelled = read_labels()
    started = time.perf_counter()
    clustering = cluster(spelling for _, spelling in labelled)
    seconds = time.perf_counter() - started
    lines = [
        *_head(),
        *_table(labelled, clustering),
        "",
        *_queue(labelled, clustering),
        "",
        *_speed(labelled, seconds),
        "",
        *_errors(labelled, clustering),
        "",
        *_pairs_never_seen(),
    ]
    REPORT.write_text("\n".join(lines) + "\n", "utf-8")
    print("\n".join(lines))


def _head() -> list[str]:
    return [
        "# Vendor identity on real spellings",
        "",
        "`python -m benchmarks.vendor_identity`, on 2 shared cores. 10,256 spellings of 1,082 vendors, labelled by the researchers of",
        "GoC-Spending/contracts-data (MIT; Open Government Licence - Canada), each group below clustered on its own, without any decision.",
        "The halves are split by vendor. Thresholds were set on the half `tuned`; which rules there are was thought out with the errors",
        "of both halves in view, so `held out` tells about the thresholds, and the pairs at the end about the rules.",
        "",
        "A merge without review must be right, and that is paid for: B-cubed recall meets its bar of 0.65 on the tuned half and misses it",
        "on the held-out one. The labels lay all companies of a brand together (a subsidiary, a line of business, a dealer, a company",
        "bought later). Beside a distinctive name, cities and words of everyday language say nothing here; a word that names another business,",
        "a family name, another country or another number always waits for a person. Lifting that for every word behind a distinctive name",
        "was measured before the last rules: 0.628 on the held-out half, with 24 of the pairs below wrong.",
        "",
    ]


def _table(labelled: list[tuple[str, str]], clustering: Clustering) -> list[str]:
    rows = {half: figures_of([(label, s) for label, s in labelled if half_of(label) == half]) for half in ("tuned", "held out")}
    rows["all"] = figures_of(labelled, clustering)
    head = (
        "| | spellings | vendors | clusters | pair precision | pair recall | pair F1 | B-cubed precision | B-cubed recall | share found |"
    )
    return [head, "|---" * 10 + "|", *(_row(name, f) for name, f in rows.items()), "| bar | | | | 0.99 | | | 0.99 | 0.65 | 0.82 |"]


def _row(name: str, f: Figures) -> str:
    rates = (f.pair_precision, f.pair_recall, f.pair_f1, f.bcubed_precision, f.bcubed_recall, f.share_found)
    return f"| {name} | {f.spellings:,} | {f.vendors:,} | {f.clusters:,} | " + " | ".join(f"{rate:.4f}" for rate in rates) + " |"


def _queue(labelled: list[tuple[str, str]], clustering: Clustering) -> list[str]:
    label = {spelling: name for name, spelling in labelled}
    sizes = Counter(clustering.founders.values())
    is_right = [label[doubt.left] == label[doubt.right] for doubt in clustering.doubts]
    answered = _answered(labelled, clustering, is_right)
    held = sum(sizes[d.left] * sizes[d.right] for d, right in zip(clustering.doubts, is_right, strict=True) if right)
    first = ", ".join(f"{sum(is_right[:n])} of the first {n}" for n in (50, 200, 500) if n <= len(is_right))
    return [
        f"Review queue: {len(is_right):,} pairs of vendors, of which {sum(is_right):,} are one vendor by the labels ({first}).",
        f"Answered in full it would join {held:,} more pairs of spellings directly.",
        f"B-cubed recall would then be {answered.bcubed_recall:.4f}, pair recall {answered.pair_recall:.4f}, share found {answered.share_found:.4f}.",
    ]


def _answered(labelled: list[tuple[str, str]], clustering: Clustering, is_right: list[bool]) -> Figures:
    """The figures after a person said of every pair in the queue whether it is one vendor, as the labels have it."""
    group = joined((d.left, d.right) for d, right in zip(clustering.doubts, is_right, strict=True) if right)
    return figures([(label, group.get(founder, founder)) for label, s in labelled for founder in (clustering.founders[s],)])


def _pairs_never_seen() -> list[str]:
    """Pairs of names written down before the rules, by category: how many the machine, asked about the two alone, has right."""
    right, wrong = Counter[tuple[str, str]](), list[str]()
    with PAIRS.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    for row in rows:
        is_one = len(set(cluster([row["left"], row["right"]]).founders.values())) == 1
        if is_one == (row["truth"] == "same"):
            right[row["truth"], row["category"]] += 1
        else:
            wrong.append(f"- {row['left']} / {row['right']}: {row['truth']}, found {'same' if is_one else 'different'}")
    counts = Counter((row["truth"], row["category"]) for row in rows)
    return [
        f"{len(rows)} pairs of real or realistic names (`tests/data/vendor_pairs.csv`), of which the first 222 were written down and committed before",
        "these rules were; 26 of their different pairs are the findings of a review. The word lists were made by someone who knew them, so they",
        "check that the rules say what was meant; the rules were loosened later with all of them in view. The last 83 were thought up to break",
        "the stricter rules before that: 2 of them were joined at first (Siemens Business Services with Siemens, Wipro Enterprises with Wipro),",
        "and the words Business and Enterprises were taken off the list.",
        "",
        "| truth | category | pairs | right |",
        "|---|---|---|---|",
        *(
            f"| {truth} | {category.replace('_', ' ')} | {count} | {right[truth, category]} |"
            for (truth, category), count in counts.items()
        ),
        "",
        "Not right:",
        "",
        *wrong,
    ]


def _speed(labelled: list[tuple[str, str]], seconds: float) -> list[str]:
    spellings = [spelling for _, spelling in labelled]
    asked = spellings[:: len(spellings) // LOOK_UPS]
    known = resolve(set(spellings) - set(asked), EMPTY)
    placed = {s: Placed(row.founder, row.rule, row.is_doubtful, row.batch) for s, row in known.identities.items()}
    index = Index(placed, asked, rulings_of([]))
    started = time.perf_counter()
    for spelling in asked:
        index.look_up(spelling)
    each = (time.perf_counter() - started) / len(asked)
    return [f"Time: all {len(spellings):,} spellings in {seconds:.1f} s; one new spelling looked up among them in {1000 * each:.2f} ms."]


def _errors(labelled: list[tuple[str, str]], clustering: Clustering) -> list[str]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for label, spelling in labelled:
        found[clustering.founders[spelling]][label] += 1
    wrong = sorted((-sum(c.values()), founder, c) for founder, c in found.items() if len(c) > 1)
    named = [f"- {founder}: " + ", ".join(f"{label} ({n})" for label, n in sorted(c.items())) for _, founder, c in wrong[:EXAMPLES]]
    return [f"Clusters that hold more than one label: {len(wrong)}. By founding spelling, the labels and their spellings:", "", *named]


def _pairs(counts: Counter[tuple[str, str]] | Counter[str]) -> int:
    return sum(n * (n - 1) // 2 for n in counts.values())


if __name__ == "__main__":
    main()
