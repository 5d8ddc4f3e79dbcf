"""The training command: learns, resumes, measures, writes what can be loaded, and says what is wrong."""

import json
import random

import pytest
import torch

from core.models import checkpoints
from core.models.errors import ModelError
from core.sequence.decoding import Interventions
from core.sequence.vocabulary import Vocabulary
from core.training import __main__ as command
from core.training import captioners, corpus, grammar, loop, progress, translation, translators
from core.training.loop import Schedule, Training
from core.training.translation import Recipe
from core.vision import scenes

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    rng = random.Random(0)
    path = tmp_path_factory.mktemp("data") / "pairs.tsv"
    pairs = [grammar.draw(rng) for _ in range(600)]
    path.write_text("\n".join(f"{' '.join(pair.source)}\t{' '.join(pair.target)}" for pair in pairs), "utf-8")
    return path


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    """Two tiny translators, trained by the command as a user runs it."""
    folder = tmp_path_factory.mktemp("checkpoints")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(progress, "WORK", folder / "work")
        for name in ("translator-attention", "translator-fixed-context"):
            alignments = folder / "alignments"
            alignments.mkdir(exist_ok=True)
            (alignments / "dev.e").write_text("the red car sees a dog\n", "utf-8")
            (alignments / "dev.f").write_text("la voiture rouge voit un chien\n", "utf-8")
            (alignments / "dev.wa.nonullalign").write_text("1 2 3 S\n1 3 2 S\n1 4 4 P\n", "utf-8")
            paths = ["--data", str(data), "--alignments", str(alignments), "--out", str(folder)]
            command.main([name, *paths, "--epochs", "1", "--device", "cpu"])
    return folder


def test_it_writes_a_model_a_vocabulary_figures_and_a_card(trained):
    translator = checkpoints.read(trained / "translator-attention.safetensors", CPU)
    assert translator.translate("the red car sees a dog").text
    figures = json.loads((trained / "translator-attention.json").read_text("utf-8"))
    assert figures["quality"]["sentences"] > 0
    assert figures["made"]["pairs"]["train"] > figures["made"]["pairs"]["test"]
    error = figures["alignment"]["NAACL 2003"]
    assert error["sentences"] == 1
    assert 0 <= error["error"] <= 1
    card = (trained / "translator-attention.md").read_text("utf-8")
    # each figure stands beside its baselines: the other models, and the diagonal
    assert "translator-fixed-context" in card
    assert str(error["error of the diagonal"]) in card
    assert "Another file than the published one" in card
    assert "seed 0" in card


def test_the_model_without_attention_aligns_nothing(trained):
    translator = checkpoints.read(trained / "translator-fixed-context.safetensors", CPU)
    assert translator.translate("the red car").weights is None
    with pytest.raises(ValueError, match="has no attention"):
        translator.align("the car", "la voiture")


def test_a_run_that_was_stopped_and_resumed_ends_where_one_run_ends(tmp_path):
    recipe, batches = Recipe(vocab_size=400), list(range(6))

    def training():
        torch.manual_seed(0)
        model = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.Dropout(0.5), torch.nn.Linear(5, 1))
        return model, Training(model, Schedule(len(batches), recipe.peak_rate, 2))

    def loss(model):
        return lambda number: model(torch.full((7, 3), float(number))).square().mean()

    whole, run = training()
    torch.manual_seed(1)
    losses = [update.loss for update in run.run(batches, loss(whole))]
    first, run = training()
    torch.manual_seed(1)
    begun = [update.loss for update in run.run(batches[:3], loss(first))]
    run.save(tmp_path / "state.safetensors")
    second, run = training()
    run.resume(tmp_path / "state.safetensors")
    begun += [update.loss for update in run.run(batches, loss(second))]
    assert begun == losses
    for one, other in zip(whole.parameters(), second.parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_cooldown_leaves_the_line_and_ends_at_nearly_nothing():
    plain, cooled = Schedule(11, 0.5, 2), Schedule(7, 0.5, 2, line=11, cooldown=3)
    assert [cooled.rate(update) for update in range(5)] == [plain.rate(update) for update in range(5)]
    last = [cooled.rate(update) for update in (4, 5, 6)]
    assert last == sorted(last, reverse=True)
    assert last[-1] == pytest.approx(plain.rate(6) / 3)
    assert min(plain.rate(10), cooled.rate(7)) >= 0.5 * 0.02


def test_half_the_bits_round_products_and_leave_weights_and_moments_whole():
    x = torch.linspace(-1, 1, 35).view(7, 5)

    def first_loss(products: torch.dtype) -> float:
        torch.manual_seed(0)
        model = torch.nn.Linear(5, 3)
        training = Training(model, Schedule(2, 1e-3), products=products)
        first, _ = training.run(range(2), lambda _: model(x).float().square().mean())
        moments = [value for state in training._optimiser.state.values() for value in state.values()]
        assert {each.dtype for each in (*model.parameters(), *moments)} == {torch.float32}
        return first.loss

    whole, rounded = first_loss(torch.float32), first_loss(torch.bfloat16)
    assert 0 < abs(whole - rounded) < 2**-7 * whole


def test_a_captioner_is_trained_without_any_data_and_its_card_shows_all(tmp_path, monkeypatch):
    monkeypatch.setattr(progress, "WORK", tmp_path / "work")
    monkeypatch.setattr(captioners, "TESTED", 50)
    for name in captioners.NAMES:
        command.main([name, "--updates", "3", "--out", str(tmp_path), "--device", "cpu"])
    figures = json.loads((tmp_path / "captioner.json").read_text("utf-8"))
    assert figures["made"]["updates"] == 3
    assert 0 <= figures["quality"]["exact captions"] <= 1
    assert "colours and shapes that look at their thing" in figures["quality"]
    card = (tmp_path / "captioner.md").read_text("utf-8")
    assert "captioner-mean-context" in card
    assert "seed 0" in card
    assert "no convolution anywhere" in (tmp_path / "scene-captioner-patches" / "README.md").read_text("utf-8")
    assert checkpoints.read(tmp_path / "captioner.safetensors", CPU).caption(torch.zeros(3, 32, 32)).words


def test_captions_are_given_to_the_decoder_one_word_late():
    drawn = captioners.held_out()[:7]
    given, wanted = captioners.as_ids(drawn)
    for line, late, scene in zip(wanted, given, drawn, strict=True):
        n = len(scenes.described(scene)[0])
        assert [scenes.WORDS[id_] for id_ in line[: n + 1]] == [*scenes.described(scene)[0], "</s>"]
        assert late[0] == 1
        assert torch.equal(late[1 : n + 1], line[:n])
        assert not line[n + 1 :].any()


def test_a_damaged_state_says_so(tmp_path):
    (tmp_path / "state.safetensors").write_bytes(b"broken")
    with pytest.raises(ValueError, match="damaged or of another model"):
        Training(torch.nn.Linear(2, 2), Schedule(1, 0.1)).resume(tmp_path / "state.safetensors")


def test_without_data_it_says_where_the_data_is_to_be_had():
    with pytest.raises(SystemExit, match=r"manythings\.org"):
        command.main(["translator-attention"])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--data", "nowhere.tsv"], "cannot be read"),
        (["--data", "nowhere.tsv", "--epochs", "0"], "--epochs is 0: at least 1"),
        (["--data", "nowhere.tsv", "--device", "abacus"], "no device 'abacus'"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(arguments, says):
    with pytest.raises(SystemExit, match=says):
        command.main(["translator-attention", *arguments])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["captioner", "--epochs", "5"], "--epochs is not for captioner"),
        (["captioner", "--data", "fra.txt"], "it draws what it learns from itself"),
        (["translator-attention", "--data", "fra.txt", "--updates", "5"], "--updates is not for translator-attention"),
        (["captioner", "--updates", "0"], "--updates is 0: at least 1"),
    ],
)
def test_an_option_of_another_family_is_refused_and_not_ignored(arguments, says):
    with pytest.raises(SystemExit, match=says):
        command.main(arguments)


def test_a_checkpoint_that_is_no_checkpoint_is_refused(trained, tmp_path):
    whole = (trained / "translator-attention.safetensors").read_bytes()
    damaged = tmp_path / "translator-attention.safetensors"
    damaged.write_bytes(whole[:1000])
    with pytest.raises(ModelError, match="is damaged: fetch it again, or train it"):
        checkpoints.read(damaged, CPU)
    damaged.write_bytes(whole.replace(checkpoints.TRANSLATOR.encode(), b"translator 9"))
    with pytest.raises(ModelError, match="version 'translator 9'"):
        checkpoints.read(damaged, CPU)
    damaged.unlink()
    with pytest.raises(ModelError, match="is not in"):
        checkpoints.read(damaged, CPU)
    with pytest.raises(ModelError, match=r"mine\.safetensors is none of this project's models"):
        checkpoints.read(tmp_path / "mine.safetensors", CPU)
    with pytest.raises(ModelError, match="choose translator-fixed-context"):
        checkpoints.load("translator-to-klingon")


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda t: t.translate("   "), "holds no word"),
        (lambda t: t.translate("dog " * 500), "at most 120 are read at once"),
        (
            lambda t: t.translate("the dog", interventions=Interventions(rows=((0, (1.0,)),))),
            "give one weight for each",
        ),
        (lambda t: t.align("", "la voiture"), "holds no word"),
    ],
)
def test_what_cannot_be_translated_is_said_in_words(trained, call, says):
    with pytest.raises(ValueError, match=says):
        call(checkpoints.read(trained / "translator-attention.safetensors", CPU))


@pytest.mark.parametrize("text", ["3.14 42 1000", "🙂🙃", "漢字かな", "السلام عليكم", "a\u0301\u0302"])
def test_every_text_is_translated_somehow(trained, text):
    translator = checkpoints.read(trained / "translator-attention.safetensors", CPU)
    found = translator.translate(text)
    assert found.weights.shape == (len(found.tokens), len(found.source_tokens))
    torch.testing.assert_close(found.weights.sum(1), torch.ones(len(found.tokens)))


def test_a_beam_chooses_the_likeliest_of_the_lines_that_it_ended(trained):
    translator = checkpoints.read(trained / "translator-attention.safetensors", CPU)
    found = translator.translate("the old green house has a bird", beam=4)
    nodes, end = found.tree.nodes, translator.vocabulary.end
    ended = [node.score / (node.step + 1) for node in nodes if node.kept and node.id == end]
    best = nodes[found.tree.best]
    if best.id == end:
        assert best.score / (best.step + 1) == max(ended)
    assert tuple(found.tree.line(found.tree.best)) == found.target.ids


def test_a_vocabulary_that_was_changed_is_noticed(trained, tmp_path):
    for name in ("translator-attention.safetensors", "translator-attention.json", translators.VOCABULARY):
        (tmp_path / name).write_bytes((trained / name).read_bytes())
    vocabulary = tmp_path / translators.VOCABULARY
    vocabulary.write_text(vocabulary.read_text("utf-8").replace("car", "rac"), "utf-8")
    with pytest.raises(ModelError, match="trained with other word pieces"):
        checkpoints.read(tmp_path / "translator-attention.safetensors", CPU)


def test_align_gives_one_row_per_target_word(trained):
    translator = checkpoints.read(trained / "translator-attention.safetensors", CPU)
    weights = translator.align("the red car sees a dog", ["la", "voiture", "rouge"])
    assert weights.shape == (3, 6)
    torch.testing.assert_close(weights.sum(1), torch.ones(3))


def test_examples_are_guided_to_what_the_aligner_found(data):
    known = corpus.read(data)
    vocabulary = Vocabulary.learn([p.source for p in known.train] + [p.target for p in known.train], 400)
    examples = translation.examples(known.train[:300], vocabulary)
    recipe = Recipe(joined=0.5, tokens_per_batch=200)
    planned = translation.batches(examples, recipe, 0)
    # every pair is used exactly once in an epoch
    assert sorted(i for batch in planned for group in batch for i in group) == list(range(300))
    assert translation.batches(examples, recipe, 0) == planned != translation.batches(examples, recipe, 1)
    for groups in planned[:5]:
        batch = translation.collate(examples, groups, vocabulary)
        rows = batch.guide.sum(-1)
        assert bool(((rows - 1).abs() < 2e-3).logical_or(rows == 0).all())
        assert batch.given.shape[1] * len(groups) <= recipe.tokens_per_batch or len(groups) == 1
        for row, length in zip(batch.source, batch.lengths, strict=True):
            assert row[length - 1] == vocabulary.end
            assert (row[length:] == vocabulary.pad).all()


def test_the_schedule_rises_and_falls():
    schedule = Schedule(100, 1.0, 10)
    rates = [schedule.rate(update) for update in range(100)]
    assert rates[:10] == sorted(rates[:10])
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert loop.Schedule(3, 0.5).rate(0) == 0.5
