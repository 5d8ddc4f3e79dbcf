"""Tables that are brought are known by their columns, and those that are taken away harm no spreadsheet."""

import csv
import io

import pytest

from core import tables
from core.tables import Table, read_sentences, read_table

LICENCE = "CC-BY 2.0 (France) Attribution: tatoeba.org #1 (CM) & #2 (X)"
ENGLISH, FRENCH = ["Go.", "I'm cold.", "“Come here,” she said."], ["Va !", "J'ai froid.", "« Viens ici », dit-elle."]
PAIRS = "".join(f"{en}\t{fr}\t{LICENCE}\n" for en, fr in zip(ENGLISH, FRENCH, strict=True))


def sentences(content: str) -> list[str]:
    found = read_sentences(content.encode())
    return found.column(found.of_sentences) if isinstance(found, Table) else found


@pytest.mark.parametrize("read", [read_table, read_sentences])
def test_the_file_of_pairs_as_everybody_has_it_is_known_by_its_columns(read):
    found = read(PAIRS.encode())
    assert found.names == ("column 1", "column 2", "column 3")
    assert not found.named
    assert found.column(found.of_sentences) == ENGLISH


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        ([("1276", "fra", FRENCH[0]), ("1277", "eng", ENGLISH[1])], None),
        ([("1", ENGLISH[0], "9", FRENCH[0]), ("2", ENGLISH[1], "8", FRENCH[1])], None),
        ([("fra", "go home"), ("fra", "come here")], None),
        ([("id", "english", "tag"), ("1", "I am here.", "a"), ("2", "You are there.", "b")], ("id", "english", "tag")),
        ([("fr", "en"), (FRENCH[1], ENGLISH[1])], ("fr", "en")),
        ([("How many?", "n"), ("few", "3"), ("many of them", "4")], ("How many?", "n")),
    ],
    ids=["by language", "with ids", "one language", "named", "the other way", "a question as a name"],
)
def test_a_first_line_names_columns_unless_it_is_a_row_like_the_others(rows, names):
    found = read_table("\n".join("\t".join(row) for row in rows).encode())
    assert found.named == (names is not None)
    assert found.names == (names or tuple(f"column {n + 1}" for n in range(len(rows[0]))))
    assert len(found.rows) == len(rows) - found.named


def test_the_english_column_is_offered_wherever_it_stands_and_without_one_the_first_of_sentences():
    swapped = "".join(f"{n}\t{fr}\t{en}\n" for n, (en, fr) in enumerate(zip(ENGLISH, FRENCH, strict=True)))
    assert sentences(swapped) == ENGLISH
    german = "1\tEr schläft im Haus.\tDort duerme.\n2\tSie kommt nach Hause.\tElla viene.\n"
    assert sentences(german) == ["Er schläft im Haus.", "Sie kommt nach Hause."]


def test_empty_lines_and_cells_keep_their_place():
    assert read_sentences(b"\none\r\n\n two  three \n\n") == ["", "one", "", "two three", ""]
    found = read_table(b'en,id\n"I am cold.",1\n,2\n\n"We are late.",4\n')
    assert found.column("en") == ["I am cold.", "", "", "We are late."]


def test_a_tab_in_one_line_alone_makes_no_table():
    assert read_sentences(b"one\tand two\nthree\n") == ["one and two", "three"]
    assert sentences("Go.\tVa !\t" + LICENCE) == ["Go."]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_columns_of_a_table_have_names_whatever_stands_between_them(separator):
    rows = (("id", "english"), ("1", "I am here."), ("2", ""), ("3", "You too."))
    content = "\n".join(separator.join(row) for row in rows).encode()
    found = read_table(content)
    assert {name: found.column(name) for name in found.names} == {
        "id": ["1", "2", "3"],
        "english": ["I am here.", "", "You too."],
    }


def test_a_cell_in_quotes_may_hold_what_stands_between_cells_and_lines():
    found = read_table(b'english,french\n"Yes, sir.",Oui.\n"Two\nlines.",Deux.\n')
    assert found.column("english") == ["Yes, sir.", "Two lines."]
    assert found.of_sentences == "english"


def test_between_tabs_a_quote_is_a_letter_unless_it_holds_a_cell():
    found = read_table(b'en\tfr\n"Go," he said.\tVa.\n"He said ""no""."\tNon.\n')
    assert found.column("en") == ['"Go," he said.', 'He said "no".']


def test_columns_of_one_name_and_of_none_are_told_apart():
    found = read_table(b"text,,text\nI am here.,b,You are there.\n")
    assert found.names == ("text", "column 2", "text (2)")
    assert found.column("text (2)") == ["You are there."]
    with pytest.raises(ValueError, match="no column “French”: its columns are “text”, “column 2”"):
        found.column("French")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"english\nYes, I am here.\n", "line 2 has more cells"),
        (b'english,french\n"' + b"a" * 200_000 + b"\n", "the table cannot be read"),
        (b"english,french\n", "the table has one line"),
        (b"a" + b"," * 200 + b"\n" + b"a,b\n", "201 columns: at most 100 are read"),
    ],
    ids=["too many cells", "a cell without end", "one line", "too many columns"],
)
def test_a_table_that_is_none_is_refused_saying_why(content, words):
    with pytest.raises(ValueError, match=words):
        read_table(content)


def test_lines_may_end_as_on_an_old_mac():
    assert read_table(b"english,french\rYes.,Oui.\r").column("french") == ["Oui."]


def test_reading_a_table_costs_its_cells_and_not_columns_times_rows():
    """100 columns and a hundred thousand rows that hold nothing: no cell is made that does not stand in the file."""
    found = read_table(",".join(f"c{n}" for n in range(100)).encode() + b"\n" + b"\n" * 100_000 + b"I am.\n")
    assert sum(map(len, found.rows)) == 1
    assert found.of_sentences == "c0"


@pytest.mark.parametrize("cell", ["=1+1", "+cmd|'/C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "-", "＝1"])
def test_no_spreadsheet_takes_a_cell_for_a_formula(cell):
    ((kept, other),) = csv.reader(io.StringIO(tables.as_csv([(cell, "a=b")]).decode("utf-8-sig")))
    assert kept == f"'{cell}"
    assert other == "a=b"


def test_numbers_stay_numbers():
    ((*kept,),) = csv.reader(io.StringIO(tables.as_csv([("-0.5", -0.5, "+3e-7", "-inf", "-1")]).decode("utf-8-sig")))
    assert kept == ["-0.5", "-0.5", "+3e-7", "-inf", "-1"]
