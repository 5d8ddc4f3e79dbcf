"""Sentences whose words people have aligned: the files of the 2003 shared task and those of the Alibi project."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.analysis.alignment import Gold

ORIGINS = {
    "NAACL 2003": "the 37 development pairs of the HLT-NAACL 2003 shared task (Mihalcea and Pedersen 2003; alignments "
    "of Och and Ney): dev.e, dev.f, dev.wa.nonullalign",
    "Alibi": "five stories aligned by the Alibi project (Xu and Yvon 2016), CC BY-SA 4.0",
}


@dataclass(frozen=True)
class AlignedPair:
    """Two sentences, cut into words, and the links between them."""

    source: tuple[str, ...]
    target: tuple[str, ...]
    gold: Gold


def read(folder: Path) -> dict[str, list[AlignedPair]]:
    """What a folder holds: the shared task's files `dev.*`, and folders of stories in `alibi`."""
    found = {"NAACL 2003": list(_shared_task(folder)), "Alibi": list(_alibi(folder / "alibi"))}
    return {name: pairs for name, pairs in found.items() if pairs}


def _shared_task(folder: Path) -> Iterator[AlignedPair]:
    if not (folder / "dev.e").exists():
        return
    sources, targets = ((folder / f"dev.{side}").read_text("utf-8").splitlines() for side in "ef")
    sure: list[set] = [set() for _ in sources]
    possible: list[set] = [set() for _ in sources]
    for line in (folder / "dev.wa.nonullalign").read_text("utf-8").splitlines():
        number, source, target, kind = line.split()
        link = (int(target) - 1, int(source) - 1)
        possible[int(number) - 1].add(link)
        if kind == "S":
            sure[int(number) - 1].add(link)
    for source, target, s, p in zip(sources, targets, sure, possible, strict=True):
        yield AlignedPair(tuple(source.split()), tuple(target.split()), Gold(frozenset(s), frozenset(p)))


def _alibi(folder: Path) -> Iterator[AlignedPair]:
    """Links there are French-English, `-` for sure and `p` for possible."""
    for links in sorted(folder.glob("*/ali_w2w_*.txt")):
        french, english = links.stem.removeprefix("ali_w2w_").split("_")
        targets, sources = (_numbered(links.with_name(f"{name}_sents.txt")) for name in (french, english))
        for number, line in _numbered(links).items():
            if number not in sources or number not in targets or not line:
                continue
            marks = [(mark.replace("p", "-").split("-"), "p" not in mark) for mark in line]
            drawn = [((int(target), int(source)), sure) for (target, source), sure in marks]
            gold = Gold(frozenset(link for link, sure in drawn if sure), frozenset(link for link, _ in drawn))
            yield AlignedPair(sources[number], targets[number], gold)


def _numbered(path: Path) -> dict[str, tuple[str, ...]]:
    lines = (line.partition("\t") for line in path.read_text("utf-8").splitlines())
    return {number: tuple(text.split()) for number, _, text in lines}
