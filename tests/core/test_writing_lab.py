"""What the writing lab computes: beginnings, texts that go on, what stood behind a token, what two texts differ by."""

import pytest
import torch

from core import settings
from core.analysis.sampling import Sampling
from core.lessons import writing_lab
from core.lessons.writing_lab import Asked, begin, write
from core.models import loading, offline
from core.models.errors import ModelError
from core.models.pretrained import record
from core.models.source import read_source
from core.models.spelled import spelled
from core.models.writer import Writer
from tests.core.models import folders

BEGINNING = "Once upon a time there was a little girl named Lily. She"
GREEDY = Sampling(temperature=0.0)


@pytest.fixture(scope="module")
def story():
    return loading.load(offline.STORY, "cpu")


def tiny(folder, tokenizer=None, **sizes):
    return loading.load(folders.causal(folder / "model", "llama", tokenizer, **sizes), "cpu")


def test_a_beginning_has_the_mark_of_one_and_no_mark_of_an_end(story, tmp_path):
    mark = story.tokenizer.bos_token_id
    begun = begin(story, BEGINNING)
    assert begun.ids[0] == mark
    assert begun.ids[1:] == begin(story, BEGINNING, marked=False).ids
    assert story.tokenizer.decode(begun.ids[1:]) == BEGINNING
    assert begin(story, "").ids == (mark,)
    with pytest.raises(ValueError, match="the text is empty"):
        begin(story, "", marked=False)
    closing = tiny(tmp_path, folders.sentence_pieces())
    assert closing.tokenizer("the cat")["input_ids"][-1] == closing.tokenizer.eos_token_id
    assert closing.tokenizer.eos_token_id not in begin(closing, "the cat").ids


def test_of_a_beginning_that_is_too_long_the_end_is_read_and_there_is_room_behind_it(tmp_path):
    loaded = tiny(tmp_path)
    begun = begin(loaded, "cat " * 50 + "ing")
    assert (begun.total, begun.used) == (52, 18)
    assert len(begun.ids) == 19
    assert "".join(each.text for each in spelled(loaded, begun.ids)).endswith(" cat ing")
    written = write(Writer(loaded), begun.ids, Asked(99, GREEDY))
    assert (len(written.ids), written.full) == (37, True)


def test_letters_without_a_token_of_their_own_are_counted(story):
    assert begin(story, BEGINNING).broken == 0
    assert begin(story, "Привет").broken == 12


def test_at_a_temperature_of_0_it_writes_what_the_library_writes(story):
    begun = begin(story, BEGINNING)
    written = write(Writer(story), begun.ids, Asked(20, GREEDY))
    expected = story.model.generate(
        torch.tensor([begun.ids]),
        attention_mask=torch.ones(1, len(begun.ids), dtype=torch.long),
        do_sample=False,
        max_new_tokens=20,
        pad_token_id=0,
    )
    assert list(written.ids) == expected[0].tolist()


def test_tokens_that_are_forced_stand_and_a_text_goes_on_from_them_and_back(story):
    begun, writer = begin(story, BEGINNING).ids, Writer(story)
    free = write(writer, begun, Asked(9, seed=3)).ids
    forced = write(writer, begun, Asked(9, seed=3, forced={4: 77})).ids
    assert forced[: len(begun) + 5] == (*free[: len(begun) + 4], 77)
    assert write(writer, begun, Asked(9, seed=3)).ids == free
    assert write(writer, begun, Asked(5, seed=3)).ids == free[:-4]
    assert write(writer, begun, Asked(9, seed=4)).ids != free


def test_it_ends_where_the_model_ends_its_text(story):
    end = story.tokenizer.eos_token_id
    writer = Writer(story)
    written = write(writer, begin(story, BEGINNING).ids, Asked(9, GREEDY, forced={2: end}))
    assert (written.ids[-1], len(written.ids) - written.begun, written.ended) == (end, 3, True)
    assert "The model ended its text here." in writing_lab.summary(writer, written).said


def test_what_stood_behind_a_token_is_what_the_tokens_before_it_gave(story):
    begun, writer = begin(story, BEGINNING).ids, Writer(story)
    written = write(writer, begun, Asked(9, seed=3))
    place = len(begun) + 4
    seen = writing_lab.moment(writer, place, Sampling())
    alone = Writer(story)
    alone.read(written.ids[:place])
    torch.testing.assert_close(seen.ranked.scores[0], alone.scores(place - 1).max(), atol=1e-4, rtol=0)
    assert seen.weights[0].shape == (6, place)
    chosen = written.ids[place]
    rank = writing_lab.rank(seen, chosen)
    bits = -torch.log2(seen.ranked.probabilities[rank]).item()
    assert writer.bits[place] == pytest.approx(bits, abs=1e-3)
    through = writing_lab.layers(story, seen, chosen)
    assert len(through) == 7
    assert through[-1].chosen == pytest.approx(seen.ranked.probabilities[rank].item(), abs=1e-4)
    assert through[-1].guesses[0][0] == spelled(story, [int(seen.ranked.ids[0])])[0].name


def test_two_texts_part_where_they_part_and_a_silenced_head_has_its_price(story):
    begun, first = begin(story, BEGINNING).ids, Writer(story)
    one = write(first, begun, Asked(9, seed=3))
    second = Writer(story, [(0, 0)])
    other = write(second, begun, Asked(9, seed=3, forced={0: one.ids[len(begun)], 1: 77}))
    told = writing_lab.differing(first, one, second, other)
    assert told.startswith("Both go on alike for 1 token, then they part.")
    price = writing_lab.mean_bits(writing_lab.reading(second, one.ids)) - writing_lab.mean_bits(first.bits)
    assert f"costs {price:+.3f} bits a token" in told
    assert writing_lab.differing(first, one, first, one).startswith("Both go on alike, 9 tokens long.")
    other = write(second, begun, Asked(9, seed=3, forced={0: 77}))
    assert writing_lab.differing(first, one, second, other).startswith("They part at the first token.")


def test_without_the_cache_the_beginning_would_be_read_once_and_the_whole_text_behind_each_new_token(story):
    begun, writer = begin(story, BEGINNING).ids, Writer(story)
    read = len(begun) + (len(begun) + 1) + (len(begun) + 2)
    told = writing_lab.summary(writer, write(writer, begun, Asked(2, GREEDY)))
    assert f"Without it {read} would have been read." in told.cache
    nothing = write(writer, begun, Asked(0))
    assert "Without it" not in writing_lab.summary(writer, nothing).cache
    assert writing_lab.differing(writer, nothing, writer, nothing) == "Nothing is written behind them yet."


def test_the_limit_of_the_program_holds_for_models_that_could_read_more(story, monkeypatch):
    monkeypatch.setattr(settings, "MAX_TOKENS", 20)
    written = write(Writer(story), begin(story, BEGINNING).ids, Asked(99, GREEDY))
    assert (len(written.ids), written.full) == (20, True)


@pytest.fixture(scope="module")
def translator():
    return loading.load(offline.TRANSFORMER, "cpu")


TO_READ = "She poured water from the jug into the cup."


def test_an_encoder_decoder_writes_what_the_library_writes_and_looks_back_as_it_does(translator):
    source, begun = writing_lab.look_back(translator, TO_READ)
    writer = Writer(translator, source=source)
    assert writer.cached
    written = write(writer, begun.ids, Asked(30, GREEDY))
    whole = translator.model.generate(**source.inputs, do_sample=False, num_beams=1, max_new_tokens=30)
    assert list(written.ids) == whole[0].tolist()
    assert written.ended
    ids = torch.tensor([written.ids])
    with torch.inference_mode(), record(tensors=("weights",)) as records:
        translator.model(**source.inputs, decoder_input_ids=ids)
    for kind, found in (("cross", writer.cross), ("self", writer.weights)):
        layers = [each.weights[0] for each in records[3:] if each.kind == kind]
        assert len(layers) == 2
        for place in (0, 5):
            kept = [each[:, place, : each.shape[-1] if kind == "cross" else place + 1] for each in layers]
            for own, its in zip(found(place), kept, strict=True):
                torch.testing.assert_close(own, its, atol=1e-4, rtol=0)
    told = writing_lab.summary(writer, written).said
    assert told.startswith(f"Read once: {len(source.tokens.ids)} tokens of the source; {len(written.ids) - 1} written")


def test_a_head_that_looks_back_is_silenced_where_it_stands(translator):
    source, begun = writing_lab.look_back(translator, TO_READ)
    assert writing_lab.calls(translator, "cross") == [1, 3]
    assert writing_lab.calls(translator, "decoder") == [0, 2]
    ids = write(Writer(translator, source=source), begun.ids, Asked(9, GREEDY)).ids
    plain, deaf = Writer(translator, source=source), Writer(translator, [(3, head) for head in range(4)], source=source)
    plain.read(ids)
    deaf.read(ids)
    for layer in (0, 1):  # what the silenced heads deliver, not where they look, and nothing before them, is another
        torch.testing.assert_close(plain.weights(5)[layer], deaf.weights(5)[layer])
    assert not torch.allclose(plain.scores(5), deaf.scores(5))


@pytest.mark.parametrize("make", [folders.t5, folders.bart])
def test_a_tiny_encoder_decoder_goes_on_from_its_cache_or_from_the_whole_text_alike(tmp_path, make):
    loaded = loading.load(folders.writes(make, tmp_path / "model"), "cpu")
    source, begun = writing_lab.look_back(loaded, "the cat play ing")
    writer = Writer(loaded, source=source)
    ids = (*begun.ids, 5, 7, 9)
    for end in range(1, len(ids) + 1):
        writer.read(ids[:end])
    whole = loaded.model(**source.inputs, decoder_input_ids=torch.tensor([ids])).logits[0]
    torch.testing.assert_close(
        torch.stack([writer.scores(place) for place in range(len(ids))]), whole, atol=1e-3, rtol=1e-3
    )
    writer.read(ids[:2])
    assert len(writer.ids) == len(writer.bits) == 2


def test_of_a_long_source_the_start_or_the_end_is_read(translator):
    text = "the cat " * 400
    for part, begins in (("the end", False), ("the start", True)):
        source, begun = writing_lab.look_back(translator, "Once " + text, part=part)
        assert begun.used == len(source.tokens.ids) - 1 < begun.total
        assert (source.tokens.pieces[0] == "On") == begins


def test_a_model_without_an_encoder_has_no_source_and_one_with_it_needs_one(story, translator):
    with pytest.raises(ModelError, match="has no encoder to read a text"):
        read_source(story, "the cat")
    with pytest.raises(ValueError, match="no other model at anything"):
        Writer(translator)
