"""Parallel text: cleaned, split so that nothing leaks, refused in words."""

import pytest

from core.training import corpus
from core.training.corpus import CorpusError

PAIRS = [(f"The number is {n}.", f"Le nombre est {n}.") for n in range(3000)]


def written(path, pairs):
    path.write_text("\n".join("\t".join(pair) for pair in pairs), "utf-8")
    return path


def test_no_english_sentence_is_on_two_sides_however_it_is_punctuated(tmp_path):
    variants = [(en.replace(".", mark), fr) for en, fr in PAIRS for mark in (".", "!", "")]
    read = corpus.read(written(tmp_path / "pairs.tsv", variants))
    sides = [{pair.source.strip(".!").casefold() for pair in side} for side in (read.train, read.dev, read.test)]
    train, dev, test = sides
    assert not train & dev
    assert not train & test
    assert not dev & test
    assert sum(map(len, sides)) == len(PAIRS)
    # of a thousand sentences about 20 are held out for the test and 10 for choosing settings
    assert 30 < len(sides[2]) < 90
    assert 12 < len(sides[1]) < 50


def test_the_split_does_not_depend_on_the_order_of_the_file(tmp_path):
    there = corpus.read(written(tmp_path / "a.tsv", PAIRS))
    back = corpus.read(written(tmp_path / "b.tsv", PAIRS[::-1]))
    assert set(there.test) == set(back.test)


def test_spaces_apostrophes_and_accents_have_one_spelling(tmp_path):
    read = corpus.read(written(tmp_path / "pairs.tsv", [("Where\u202fis it?", "Ou\u0300 est-ce\xa0? L’homme")]))
    (pair,) = read.train + read.dev + read.test
    assert (pair.source, pair.target) == ("Where is it?", "Où est-ce ? L'homme")


def test_a_third_column_is_left_out(tmp_path):
    read = corpus.read(written(tmp_path / "pairs.tsv", [("Go.", "Va.", "CC-BY 2.0 (France)")]))
    assert [pair.target for pair in read.train + read.dev + read.test] == ["Va."]


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"no tab here", "holds no line with a tab"), (b"\xff\xfe\xff", "no UTF-8 text"), (None, "cannot be read")],
)
def test_a_file_that_is_no_parallel_text_is_refused(tmp_path, content, says):
    path = tmp_path / "pairs.tsv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CorpusError, match=says):
        corpus.read(path)
