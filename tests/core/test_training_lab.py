"""The training lab: what its tasks ask, what its networks may see, and what becomes of a run."""

import random
import threading
import time
from contextlib import contextmanager
from dataclasses import replace

import pytest
import torch

from core.training import shapes
from core.training_lab import changes, networks, own, played, tasks
from core.training_lab.networks import Sizes
from core.training_lab.played import KEPT, LEAST, LabRun
from core.training_lab.run import Learner, Learning, Settings
from core.training_lab.tasks import Rows, batch, build

SMALL = Sizes(n_layers=2, d_model=8, n_heads=2)
LEARNING = Learning(at_once=4)
RECURRENT = [
    Sizes(kind=kind, n_layers=1, d_model=8, looks=looks) for kind in ("RNN", "GRU", "LSTM") for looks in networks.LOOKS
]
BLOCKS = [
    *(replace(SMALL, positions=positions) for positions in networks.POSITIONS),
    *(replace(SMALL, mask=mask) for mask in networks.MASKS[1:]),
    replace(SMALL, norm_place="post", norm="rms", network="SwiGLU", n_kv_heads=1),
    replace(SMALL, network="experts"),
    replace(SMALL, taken_out=("MLP", "norm")),
]
EVERY = [*RECURRENT, *BLOCKS]


def named(sizes: Sizes) -> str:
    return ", ".join(f"{name} {value}" for name, value in vars(sizes).items() if value != vars(Sizes())[name])


@pytest.mark.parametrize(
    ("name", "source", "target"),
    [
        ("copy", "cab", "cab"),
        ("reverse", "cab", "bac"),
        ("sort", "cabac", "aabcc"),
        ("first letter", "cab", "c"),
    ],
)
def test_what_is_to_be_written_of_letters(name, source, target):
    example = build(name, 5).parse(source)
    assert "".join(example.target) == target
    assert [source[place] for place in example.gold] == list(target)


def test_whether_a_stands_before_b():
    task = build("A before B", 5)
    assert [task.parse(row).target for row in ("cadb", "bca")] == [("yes",), ("no",)]
    with pytest.raises(ValueError, match="there are 2 a and 1 b"):
        task.parse("aab")


@pytest.mark.parametrize("name", ["copy", "sort", "A before B", "adjective and noun", "small pictures"])
def test_every_task_asks_for_its_target_behind_the_mark_and_for_nothing_else(name):
    task = build(name, 5)
    drawn = [task.draw(random.Random(seed)) for seed in range(3)]
    made = batch(task, drawn)
    for row, example in zip(made.wanted.tolist(), drawn, strict=True):
        before, target = len(example.source), [task.ids[word] for word in example.target]
        assert row[:before] == [0] * before
        assert row[before:][: len(target)] == target


def test_prose_asks_for_every_letter_but_the_first():
    task = own.text_task(own.TEXT, 12)
    (example,) = task.tests[:1]
    made = batch(task, [example])
    whole = [task.ids[sign] for sign in (*example.source, *example.target)]
    assert made.rows.ids[0].tolist() == whole[:-1]
    assert made.wanted[0].tolist() == whole[1:]


@pytest.mark.parametrize("sizes", EVERY, ids=named)
def test_what_comes_later_changes_nothing_unless_the_mask_shows_it(sizes):
    task = build("copy", 5)
    network = networks.build(sizes, task, 0).eval()
    made = batch(task, [task.parse("abcd")]).rows
    other = replace(made, ids=made.ids.clone())
    other.ids[0, -1] = task.ids["h"]
    with torch.inference_mode():
        before, after = (network(rows).logits[0, :-1] for rows in (made, other))
    apart = (before - after).abs().max().item()
    assert apart > 1e-3 if sizes.mask == "all" else apart < 1e-5


@pytest.mark.parametrize("sizes", EVERY, ids=named)
def test_filling_behind_a_row_changes_nothing(sizes):
    task = build("copy", 5)
    network = networks.build(sizes, task, 0).eval()
    alone, beside = (batch(task, [task.parse(row) for row in rows]).rows for rows in (["abc"], ["abc", "abcde"]))
    n_tokens = int(alone.lengths[0])
    with torch.inference_mode():
        one, two = network(alone).logits[0], network(beside).logits[0, :n_tokens]
    torch.testing.assert_close(one, two, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("positions", ["sinusoids", "ALiBi", "T5"])
def test_a_silent_head_brings_nothing(positions):
    """The same numbers as where the map behind it takes nothing of its part."""
    task = build("copy", 5)
    network = networks.build(replace(SMALL, positions=positions), task, 0).eval()
    rows = batch(task, [task.parse("abc")]).rows
    with torch.inference_mode():
        silent = network(rows, {(1, 0)}).logits
        assert not torch.equal(silent, network(rows).logits)
        network.stack[1].attention.out_proj.weight[:, :4] = 0
        torch.testing.assert_close(silent, network(rows).logits)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"n_heads": 3}, "8 numbers cannot be shared by 3 heads: choose a divisor of 8"),
        ({"n_kv_heads": 3}, "2 heads of queries cannot share 3 heads of keys"),
        ({"d_model": 6, "positions": "RoPE"}, "3 numbers of a head do not make pairs that turn"),
        ({"network": "experts", "n_active": 3, "n_experts": 2}, "3 of 2 experts cannot be asked"),
        ({"n_layers": 99}, "99 layers cannot be trained here: choose 1 to 6"),
    ],
)
def test_a_network_that_cannot_be_built_is_refused_in_words(change, says):
    with pytest.raises(ValueError, match=says):
        networks.check(replace(SMALL, **change), build("copy", 5))


def test_the_same_seed_gives_the_same_numbers_and_two_runs_learn_from_the_same_examples():
    task = build("copy", 4)
    settings = Settings(SMALL, LEARNING)
    run = LabRun([settings, settings], task, 3, 4, task.parse("abc"))
    for _ in range(3):
        run.step()
    first, second = (each.losses for each in run.learners)
    plain = Learner(settings, task, 3, 4)
    for _ in range(3):
        plain.advance()
    assert first == second == plain.losses
    assert run.learners[0].gradients == plain.gradients


@pytest.mark.parametrize("optimiser", ["Adam", "AdamW", "momentum", "SGD"])
def test_a_network_learns(optimiser):
    rate = {"SGD": 2.0, "momentum": 0.3}.get(optimiser, 0.01)
    settings = Settings(Sizes("GRU", 1, 8), Learning(optimiser, rate, 0, 16))
    learner = Learner(settings, build("first letter", 3), 0, 40)
    while learner.advance():
        pass
    assert sum(learner.losses[-5:]) < 0.8 * sum(learner.losses[:5])


def test_a_run_that_diverges_says_so_stops_and_keeps_what_it_was():
    task = build("copy", 4)
    wild = Settings(SMALL, Learning("SGD", 1e30, 0, 4, 0.0))
    run = LabRun([wild, Settings(SMALL, LEARNING)], task, 0, 6, task.parse("abc"))
    while not run.learners[0].diverged:
        run.step()
    lost, other = run.learners
    assert "is no finite number" in lost.diverged
    assert torch.tensor(lost.losses).isfinite().all()
    done = len(lost.losses)
    run.step()
    assert len(lost.losses) == done < len(other.losses)
    while run.state != "finished":
        run.step()
    assert len(other.losses) == 6


def test_what_is_written_by_itself_is_the_likeliest_token_at_every_step():
    task = build("reverse", 5)
    learner = Learner(Settings(SMALL, LEARNING), task, 0, 9)
    for _ in range(3):
        learner.advance()
    example = task.parse("abcde")
    together = learner.write([example, task.parse("ab")])[0].written
    ids = [*(task.ids[letter] for letter in example.source), task.ids[tasks.NOW]]
    written: list[str] = []
    with torch.inference_mode():
        while len(written) < task.most:
            rows = Rows(torch.tensor([ids]), None, torch.tensor([5]), torch.tensor([len(ids)]))
            best = 2 + int(learner.network(rows).logits[0, -1, 2:].argmax())
            if task.vocabulary[best] == tasks.END:
                break
            written.append(task.vocabulary[best])
            ids.append(best)
    assert together == tuple(written)


def test_what_is_kept_of_a_long_run_reaches_from_its_beginning_to_now(monkeypatch):
    task = build("first letter", 3)
    run = LabRun([Settings(Sizes("RNN", 1, 2), LEARNING)], task, 0, 100, task.parse("ab"))
    for _ in range(KEPT + 10):
        run.step()
    updates = [stands[0].update for stands in run.look()]
    assert len(updates) <= KEPT
    assert updates == sorted(set(updates))
    assert (updates[0], updates[-1]) == (0, KEPT + 10)
    assert [update for update, _ in run.accuracy] == list(range(KEPT + 11))


def test_a_run_is_measured_on_its_way_however_long_that_takes(monkeypatch):
    monkeypatch.setattr(played, "APART", 1e9)
    task = build("first letter", 3)
    run = LabRun([Settings(Sizes("RNN", 1, 2), LEARNING)], task, 0, 4 * LEAST, task.parse("ab"))
    run.play()
    end = time.monotonic() + 60
    while run.state != "finished":
        assert time.monotonic() < end
        run.look()
        time.sleep(0.01)
    run.stop()
    assert [update for update, _ in run.accuracy] == list(range(0, 4 * LEAST + 1, 4))


def test_a_picture_is_put_together_again_from_its_patches():
    images, labels = shapes.draw(tasks.TESTED, tasks.TEST_SEED)
    task = build("small pictures", 5)
    example = task.parse("7")
    torch.testing.assert_close(2 * tasks.pixels(example) - 1, images[7, 0])
    assert example.target == (shapes.SHAPES[labels[7]],)
    with pytest.raises(ValueError, match="has no picture"):
        tasks.pixels(build("copy", 5).tests[0])


@pytest.mark.parametrize("name", ["reverse", "adjective and noun", "small pictures"])
def test_what_is_shown_beside_an_example_is_watched_by_what_is_typed_for_it(name):
    task = build(name, 5)
    shown = task.shown(task.tests[1])
    assert len(set(shown)) == len(shown) == tasks.SHOWN + 1
    for example in shown:
        assert task.parse(task.typed(example)).source == example.source
    if task.d_patch:
        assert [task.parse(task.typed(example)) for example in shown] == shown


def test_another_example_is_watched_without_losing_what_was_learned():
    task = build("copy", 4)
    run = LabRun([Settings(SMALL, LEARNING)], task, 0, 9, task.parse("abc"))
    run.step()
    run.watch(task.parse("hgfe"))
    ((stand,),) = run.look()
    assert (stand.update, stand.written[0].source) == (1, tuple("hgfe"))
    assert stand.maps.shape == (4, 9, 9)


def test_between_two_updates_of_a_slow_run_others_have_its_place():
    place, met = threading.Lock(), []

    @contextmanager
    def slot(waits):
        with place:
            met.append(len(run.learners[0].losses))
            yield

    task = build("copy", 4)
    run = LabRun([Settings(SMALL, LEARNING)], task, 0, 3, task.parse("abc"), slot)
    run.rest = 0.01
    run.play()
    end = time.monotonic() + 20
    while run.state != "finished":
        assert time.monotonic() < end
        run.look()
        time.sleep(0.01)
    run.stop()
    assert met[:3] == [0, 1, 2]


@pytest.mark.parametrize("part", ["40:0:x:1:2", "40:0:s:1", "40:0:n:1:2:3", "40:0:n:1:2:3=1e9", "40:2:s:0:0", "<b>"])
def test_what_is_no_change_is_refused(part):
    with pytest.raises(ValueError, match="is no change"):
        changes.read(part)


def test_changes_are_made_again_at_their_updates_and_give_the_same_numbers():
    task = build("copy", 4)
    settings = Settings(SMALL, LEARNING)
    run = LabRun([settings, settings], task, 0, 6, task.parse("abc"))
    run.step()
    run.change(0, "silent", (1, 0))
    run.change(1, "number", (0, 3, 2), 0.5)
    run.step()
    run.change(0, "zero", (1,))
    with pytest.raises(ValueError, match="there is no head 5 in layer 0"):
        run.change(0, "silent", (0, 5))
    run.step()
    made = changes.read(changes.written(run.changes))
    assert made == run.changes
    again = LabRun([settings, settings], task, 0, 6, task.parse("abc"), changes=made)
    for _ in range(3):
        again.step()
    assert [each.losses for each in again.learners] == [each.losses for each in run.learners]
    assert run.learners[0].losses[1:] != run.learners[1].losses[1:]
    assert [each.silent for each in again.learners] == [{(1, 0)}, set()]


def test_what_does_not_fit_a_network_changes_nothing():
    task = build("copy", 4)
    made = changes.read("0:0:s:5:5,0:0:n:99:0:0=1,0:0:n:0:99:0=1,0:0:z:99")
    other, plain = (Learner(Settings(SMALL, LEARNING), task, 0, 3, each) for each in (made, ()))
    for _ in range(2):
        other.advance()
        plain.advance()
    assert other.losses == plain.losses
