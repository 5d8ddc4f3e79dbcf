"""What a visitor brings to the training lab to be learned, and what is taken away of it."""

import random
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from safetensors.torch import load

from core.export.program import program
from core.lessons.shown import call
from core.training_lab import changes, networks, own, taken
from core.training_lab.networks import Sizes
from core.training_lab.played import LabRun
from core.training_lab.run import Learner, Learning, Settings, watched
from core.training_lab.tasks import batch, build
from tests.exported import run_program, tensors_in

SMALL = Sizes(n_layers=2, d_model=8, n_heads=2)
LEARNING = Learning(at_once=4)
WORDS = ("cat", "dog", "bird", "cow", "hen", "owl")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a", "the text has 1 character: at least 200 are needed"),
        ("", "the text has 0 characters: at least 200"),
        ("long " * 1_000_000, "the text has 4,999,999 characters: at most 1,000,000 are read"),
    ],
)
def test_a_text_of_one_letter_or_of_five_million_is_refused_in_words(text, says):
    with pytest.raises(ValueError, match=says):
        own.text_task(text, 24)


def test_the_end_of_a_text_is_never_learned_from():
    text = "ab" * 450 + "yz" * 50
    task = own.text_task(text, 12)
    rng = random.Random(0)
    drawn = {"".join((*each.source, *each.target)) for each in (task.draw(rng) for _ in range(300))}
    tested = {"".join((*each.source, *each.target)) for each in task.tests}
    assert all(piece in text for piece in drawn | tested)
    assert tested
    assert all(set(piece) == set("yz") for piece in tested)
    assert not drawn & tested


def test_the_rarest_signs_of_a_text_become_one_and_the_task_says_how_many():
    rare = "".join(chr(0x4E00 + place) for place in range(300))
    task = own.text_task("and so on " * 60 + rare, 12)
    assert len(task.vocabulary) <= own.SIGNS + 4
    assert own.UNKNOWN in task.vocabulary
    assert f"the rarest are read as {own.UNKNOWN}" in task.note


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("cat\ndog\nbird\ncow\nhen", "the table has one column: pairs need two"),
        ("one,many\ncat,cats", "1 pair can be read: at least 4 are needed"),
        ("one,many\ncat,\ndog,\nbird,\ncow,\nhen,", "0 pairs can be read"),
        ("", "the file holds no text"),
        (",\n,\n", "every cell of the table is empty"),
    ],
)
def test_a_table_without_pairs_is_refused_in_words(table, says):
    with pytest.raises(ValueError, match=says):
        own.pairs_task(table)


def test_one_pair_of_ten_is_never_learned_from():
    task = own.pairs_task(own.PAIRS)
    rng = random.Random(0)
    drawn = {task.draw(rng).source for _ in range(2000)}
    tested = {example.source for example in task.tests}
    assert len(tested) == (own.PAIRS.count("\n")) // 10
    assert not drawn & tested
    assert len(drawn) + len(tested) == own.PAIRS.count("\n")
    assert task.parse("".join(task.tests[0].source)).target == task.tests[0].target


def test_what_is_watched_is_not_shown_twice():
    task = own.pairs_task(own.PAIRS)
    stand = Learner(Settings(Sizes("RNN", 1, 4), LEARNING), task, 0, 1).stands(watched(task, task.tests[0]))
    sources = [each.source for each in stand.written]
    assert sources[0] == task.tests[0].source
    assert len(set(sources)) == len(sources) > 1


@pytest.mark.parametrize(
    ("first", "found"),
    [
        ("id,target,source", ("source", "target")),
        ("FR,number,En", ("En", "FR")),
        ("7,here,there", ("column 2", "column 3")),
        ("7,8,there", ("column 1", "column 2")),
    ],
)
def test_columns_of_pairs_are_found_by_their_names_else_by_what_they_hold(first, found):
    second = "8,9,round" if first.startswith("7,8") else "8,left,right"
    table = own.pairs_table(f"{first}\n{second}")
    assert own.columns_of(table) == found


def test_what_is_read_and_what_is_written_can_be_chosen():
    table = "id,word,sound\n" + "\n".join(f"{number},{word},{word[::-1]}" for number, word in enumerate(WORDS))
    plain, turned = own.pairs_task(table), own.pairs_task(table, "sound", "word")
    assert plain.says == "Read “word”, write “sound”, in letters."
    assert turned.parse("tac").target == plain.parse("cat").source
    with pytest.raises(ValueError, match="both are the column “word”"):
        own.pairs_task(table, "word", "word")
    with pytest.raises(ValueError, match="no column “there”: its columns are “id”, “word”, “sound”"):
        own.pairs_task(table, "there")
    assert own.pairs_task(table, "sound").says == "Read “sound”, write “word”, in letters."


def test_pairs_with_spaces_are_read_word_by_word():
    task = own.pairs_task("en,fr\nthe cat,le chat\nthe dog,le chien\na cat,un chat\na dog,un chien\nthe cow,la vache")
    assert task.parse("the cat").source == ("the", "cat")
    with pytest.raises(ValueError, match="“hen” stands in none of the pairs"):
        task.parse("the hen")


def test_a_beginning_that_nobody_knows_the_end_of_is_watched_as_far_as_it_goes():
    task = own.text_task(own.TEXT, 24)
    example = task.parse("The fox")
    assert watched(task, example).tokens == tuple("The fox")
    learner = Learner(Settings(SMALL, LEARNING), task, 0, 1)
    stand = learner.stands(watched(task, example))
    assert stand.maps.shape == (4, 7, 7)
    assert stand.written[0].wanted == ()
    assert len(stand.written[0].written) > 0


def test_the_file_of_a_network_holds_it_whole():
    task = build("copy", 4)
    run = LabRun([Settings(SMALL, LEARNING)], task, 0, 6, task.parse("abc"))
    run.step()
    kept = load(run.weights(0))
    (learner,) = run.learners
    other = networks.build(SMALL, task, 1)
    other.load_state_dict(kept)
    rows = batch(task, task.tests[:3]).rows
    with torch.inference_mode():
        assert torch.equal(other.eval()(rows).logits, learner.network.eval()(rows).logits)


@pytest.mark.parametrize(
    ("made", "text", "sizes"),
    [
        (partial(build, "reverse", 5), "a b c", replace(SMALL, positions="T5", network="experts", mask="prefix")),
        (partial(own.pairs_task, own.PAIRS), "fox", Sizes("GRU", 1, 8, looks="additive")),
    ],
)
def test_the_program_of_a_training_gives_the_same_numbers(made, text, sizes, tmp_path):
    again = call(taken.learned, made, Settings(sizes, LEARNING), 1, 3, changes.read("2:0:z:0"), text)
    shown = again.func(made(), *again.args[1:])
    printed = run_program(program("", "", again), tmp_path)
    found = tensors_in(printed)
    for name, numbers in shown.tensors.items():
        np.testing.assert_allclose(found[name], numbers.flatten(), atol=2e-4, err_msg=name)
    assert " ".join(shown.words[1]) in printed
