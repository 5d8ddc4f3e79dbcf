"""Decks as files: nothing of a page is lost, nothing in a card is more than text, what is no deck is refused in words."""

import io
import re
import sqlite3
import zipfile
from pathlib import Path

import pytest

from core import settings
from core.recall import files, logseq, logseq_pages
from core.recall.cards import OWN, Card, name_of
from core.recall.formulas import Part, parts
from core.recall.schedulers import DAY, SCHEDULERS, Review, answered, begun, replayed

SAMPLE = (Path(__file__).parent / "sample.md").read_text("utf-8")
NOW = 1_700_000_000
FIRST = name_of("What does a query do?")
HEADS = "28e250b0-c4a1-477f-ac3b-561c0d970f17"


def cards(text: str = SAMPLE) -> dict[str, Card]:
    return {card.name: card for card in files.read_page(text, "file", NOW)}


def changed(before: str, after: str) -> list[tuple[str, str]]:
    return [pair for pair in zip(before.split("\n"), after.split("\n"), strict=True) if pair[0] != pair[1]]


def test_a_page_of_logseq_becomes_cards_with_what_it_knows_of_them():
    found = cards()
    assert [card.asks for card in found.values()] == [
        "What does a query do?",
        "什么是 [[multi-head attention]]?",
        "A card without an answer",
    ]
    assert {card.deck for card in found.values()} == {"Notes of a learner"}
    assert found[FIRST].known.state == logseq.State(4.0, 2, 2.46)
    assert found[FIRST].known.last == Review(5, 1674918850)
    assert found[FIRST].says.startswith("- It asks.\n  - 如果$$Q，K，V$$")
    assert "- this is no #card" in found[HEADS].says
    assert found[HEADS].known is None


@pytest.mark.parametrize("text", [SAMPLE, SAMPLE.replace("\n", "\r\n"), "\ufeff" + SAMPLE, SAMPLE.rstrip("\n")])
def test_a_page_goes_out_as_it_came_in(text):
    assert logseq_pages.written(text, {}) == text
    assert files.text_of(text.encode()) == text
    assert list(cards(text)) == list(cards())


@pytest.mark.parametrize("text", [SAMPLE, SAMPLE.replace("\n", "\r\n")])
def test_a_page_for_others_says_nothing_of_answers_and_all_else_stays(text):
    bare = logseq_pages.unscheduled(text)
    assert [card.known for card in cards(bare).values()] == [None] * 3
    assert [card.says for card in cards(bare).values()] == [card.says for card in cards(text).values()]
    lost = [line for line in text.split("\n") if line not in bare.split("\n")]
    assert lost
    assert all(line.strip().startswith(logseq_pages.SCHEDULE) for line in lost)


@pytest.mark.parametrize(
    "page",
    [
        "- a\n  tags:: card\n  {}\n\t- b",  # a card to Logseq, and none to us
        "- a #Card\n  {}\n\t- b",
        "- was one\n  {}",
        "- {}\n  id:: 1\n  a #card\n\t- b",
        "- a #card\n\t- ```\n\t  never closed\n- c #card\n  {}\n\t- d",
    ],
)
def test_a_page_for_others_says_nothing_of_answers_on_whatever_block_they_stand(page):
    for said in ("card-last-reviewed:: 2023-11-14T22:13:20.000Z\r", "Card-Last-Score::5"):
        bare = logseq_pages.unscheduled(page.format(said))
        kept = page.format("").split("\n")
        assert [line.strip() for line in bare.split("\n") if line.strip()] == [
            line.strip() for line in kept if line.strip()
        ]


def test_an_answer_changes_the_values_of_its_own_card_alone():
    known = cards()[FIRST].known
    standing = replayed(SCHEDULERS["Logseq"], known, [Review(5, NOW)])
    after = logseq_pages.written(SAMPLE, {FIRST: standing})
    assert [new.strip() for _, new in changed(SAMPLE, after)] == [
        "card-last-interval:: 10.24",
        "card-repeats:: 3",
        "card-ease-factor:: 2.56",
        "card-next-schedule:: 2023-11-25T03:58:56.000Z",
        "card-last-reviewed:: 2023-11-14T22:13:20.000Z",
    ]
    assert cards(after)[FIRST].known.state == standing.state
    assert replayed(SCHEDULERS["Logseq"], cards(after)[FIRST].known, [Review(5, NOW)]) == standing


def test_a_card_that_was_never_answered_gets_its_properties_below_its_question():
    scheduler = SCHEDULERS["Logseq"]
    standing = answered(scheduler, begun(scheduler, None), Review(5, NOW))
    after = logseq_pages.written(SAMPLE.replace("\n", "\r\n"), {HEADS: standing})
    assert cards(after)[HEADS].known.state == (4, 1, 2.6)
    for line in SAMPLE.split("\n"):
        assert line in after or line == "\t  card-last-score:: 1"
    assert after.count("\r\n") == after.count("\n")


def test_cards_that_no_page_held_go_out_as_a_page_and_come_in_again():
    own = [
        files.card("A *question* #1\n- with a block", "first\n- second\ncard-repeats:: 9\n$x^2$"),
        files.card("B", "C"),
    ]
    scheduler = SCHEDULERS["Logseq"]
    standing = answered(scheduler, begun(scheduler, None), Review(3, NOW))
    text = logseq_pages.page(own, {name_of("B"): standing})
    found = files.read_page(text, "file", NOW)
    assert [card.asks.split("\n")[0] for card in found] == ["A *question* #1", "B"]
    assert [card.known and card.known.state for card in found] == [None, standing.state]
    assert "$x^2$" in found[0].says


def test_a_table_goes_out_and_comes_in_with_what_is_known():
    own = [files.card("=1+1", "-x\n'y'"), files.card('a "b", c', "d")]
    scheduler = SCHEDULERS["Logseq"]
    standing = answered(scheduler, begun(scheduler, None), Review(5, NOW))
    found = files.read_csv(files.text_of(files.as_csv(own, {own[0].name: standing})), NOW)
    assert [(card.asks, card.says) for card in found] == [(card.asks, card.says) for card in own]
    assert found[0].known.state == standing.state
    assert found[1].known is None


@pytest.mark.parametrize(
    "text",
    [
        "question,answer\na,b",
        "Front;Back\na;b",
        "a\tb",
        "answer,deck,question\nb,,a",
        "\ufeffa,b\n\n",
        "\r\n\na,b",
        "question,answer,deck\na,b,The course",
    ],
)
def test_a_table_is_read_with_names_and_without(text):
    assert [(card.asks, card.says, card.deck) for card in files.read_csv(text, NOW)] == [("a", "b", OWN)]


def test_anki_gets_text_and_formulas_and_no_html_of_a_card():
    asks = r"<script>alert(1)</script> {{{Answer}}} $a<b$ [sound:x.mp3] [LaTeX]y[/latex] [$$]z[/$$] \[u\] \(v\)"
    made = files.as_anki([files.card(asks, "two\nlines")], float(NOW))
    with zipfile.ZipFile(io.BytesIO(made)) as package:
        assert set(package.namelist()) == {"collection.anki2", "media"}
        database = sqlite3.connect(":memory:")
        database.deserialize(package.read("collection.anki2"))
    ((fields,),) = database.execute("SELECT flds FROM notes").fetchall()
    assert database.execute("SELECT count(*) FROM cards").fetchone() == (1,)
    database.close()
    assert fields.split("\x1f")[1] == "two<br>lines"
    assert "<script>" not in fields
    assert not re.search(r"\{\{|\[(sound|latex|\$)|\\[(\[][uv]", fields, re.IGNORECASE)
    assert r"\(a&lt;b\)" in fields


def test_anki_finds_cards_by_lesson_and_kind():
    made = [
        Card("a", "A?", "B", "The course", "masks", note="S3:90"),
        Card("b", "$x$?", "B", "The course", "cost"),
        Card("c", "C?", "D", "My own deck"),
    ]
    with zipfile.ZipFile(io.BytesIO(files.as_anki(made, float(NOW)))) as package:
        database = sqlite3.connect(":memory:")
        database.deserialize(package.read("collection.anki2"))
    found = [tags.split() for (tags,) in database.execute("SELECT tags FROM notes ORDER BY id")]
    database.close()
    assert [set(tags) for tags in found] == [
        {"lesson::masks", "kind::correction"},
        {"lesson::cost", "kind::formula"},
        {"deck::My_own_deck", "kind::words"},
    ]


MANY = settings.MAX_CARDS + 1


@pytest.mark.parametrize(
    ("read", "words"),
    [
        (lambda: files.read_page("- just a note\n", "file", NOW), "holds no card"),
        (
            lambda: files.read_page("- q #card\n" * 3 + "".join(f"- {n} #card\n" for n in range(MANY)), "f", NOW),
            "at most",
        ),
        (lambda: files.read_csv("a,b\n" * 100_000, NOW), "100,000 cards: at most 10,000"),
        (lambda: files.read_csv("question\nalone", NOW), "a question and an answer"),
        (lambda: files.read_csv("question,answer\n", NOW), "holds no card"),
        (lambda: files.read_csv("a,\n", NOW), "no answer"),
        (lambda: files.read_csv(",\n,\n", NOW), "holds no card"),
        (lambda: files.read_csv(f"a,{'b' * 200_000}", NOW), "at most 5,000 characters"),
        (lambda: files.card(" ", "b"), "no question"),
        (lambda: files.card("a", "b" * (settings.MAX_CARD_TEXT + 1)), "at most 5,000"),
        (lambda: files.read_page(f"- a #card\n\t- {'b' * 20_000}", "f", NOW), "at most 10,000"),
        (lambda: files.text_of(b"\x00\x01PK"), "control characters"),
        (lambda: files.text_of(b"\xff\xd8\xff\xe0 a picture"), "UTF-8"),
        (lambda: files.text_of(b"a" * (settings.MAX_DECK_BYTES + 1)), "at most 5,000,000"),
    ],
)
def test_what_is_no_deck_is_refused_in_words(read, words):
    with pytest.raises(ValueError, match=words):
        read()


@pytest.mark.parametrize(
    ("property", "value"),
    [
        ("card-last-reviewed", "2999-01-01T00:00:00Z"),
        ("card-last-reviewed", "99999-01-01"),
        ("card-next-schedule", "9999-12-31T23:59:59Z"),
        ("card-next-schedule", "nil"),
        ("card-last-interval", "1e999"),
        ("card-ease-factor", "-3"),
        ("card-repeats", "999999999999"),
        ("card-last-score", "nan"),
    ],
)
def test_a_date_in_the_future_and_a_number_that_is_none_harm_no_schedule(property, value):
    lines = [f"\t  {property}:: {value}" if f"{property}::" in line else line for line in SAMPLE.split("\n")]
    text = "\n".join(lines)
    known = cards(text)[FIRST].known
    for name in ("Logseq", "FSRS"):
        standing = replayed(SCHEDULERS[name], known, [Review(5, NOW + DAY)])
        assert NOW <= standing.due <= NOW + 101 * 365 * DAY
    assert logseq_pages.written(text, {}) == text


def test_formulas_are_what_stands_between_dollar_signs_and_prices_stay_prices():
    text = "from $5 to $6: $x^2$, and $$\\frac a b$$ <b>"
    assert [part for part in parts(text) if part.kind == "formula"] == [
        Part("formula", "x^2"),
        Part("formula", "\\frac a b"),
    ]
    assert parts("$ a $") == [Part("words", "$ a $")]
    assert parts("") == []
