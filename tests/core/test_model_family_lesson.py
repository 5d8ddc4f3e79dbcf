"""What lesson 14 shows: gaps, rows, pairs of pictures and captions, videos, and the block that all of them have."""

import pytest
import torch

from core.analysis.sampling import Sampling
from core.cost import layers, tree
from core.lessons.model_family import blanks, denoising, family, gaps, matching, prefixing, writing
from core.lessons.writing_lab import Asked, begin, write
from core.models import filler
from core.models.pretrained import record
from core.models.writer import Writer
from core.transformer.mirror import LENGTH
from core.vision import moving, pairs
from core.vision.scenes import Thing
from core.vision.video import cut_into_blocks, put_together


@pytest.mark.parametrize("hidden", range(LENGTH))
@pytest.mark.parametrize("half", ["dcafb", "aaaaa", "jihgf"])
def test_both_sides_fill_every_gap_and_the_left_fills_what_it_tells(half, hidden):
    result = gaps.run(gaps.Settings(half, hidden))
    assert result.guess("both sides") == result.letter
    assert (result.guess("the left alone") == result.letter) or not result.told_before
    assert result.lookup_error == 0
    # what fills the gap is read where the letter stands once more
    assert int(result.trace.block.attention.attention.weights[0, 0, hidden].argmax()) == result.other


def test_theorem_under_a_causal_mask_the_right_side_changes_nothing():
    first, second = (gaps.run(gaps.Settings(half, 0, "the left alone")).trace for half in ("abcde", "abjih"))
    assert torch.equal(first.probabilities[0, :2], second.probabilities[0, :2])
    assert not torch.equal(first.probabilities[0, 2:], second.probabilities[0, 2:])


@pytest.mark.parametrize(
    ("text", "says"), [("abc", "5 letters, and these are 3"), ("abcdefg", "7 letters"), ("ab€de", "“€”")]
)
def test_what_is_no_half_of_a_row_is_told(text, says):
    with pytest.raises(ValueError, match=says):
        gaps.half_of(text)


def test_a_story_is_written_as_the_writing_lab_writes_it_and_one_pass_gives_the_chances_of_all_steps():
    result = writing.run(writing.Settings("The dog saw a ball.", 0.7, 20, 3))
    loaded = writing.model()
    asked = Asked(writing.COUNT, Sampling(0.7, 20), 3)
    assert result.ids == write(Writer(loaded), begin(loaded, "The dog saw a ball.").ids, asked).ids
    assert result.apart < 1e-5
    assert result.cached == len(result.ids) - 1
    weights = result.trace.attention.weights[0, 0]
    assert not weights.triu(1).any()
    with torch.inference_mode(), record(layers=[result.settings.layer]) as records:
        loaded.model(input_ids=torch.tensor([result.ids[:-1]]))
    torch.testing.assert_close(weights, records[0].weights[0, result.settings.head])
    torch.testing.assert_close(result.trace.attention.output[0, 0], records[0].output[0, result.settings.head])
    assert torch.allclose(result.seen.tuned.sum(1), torch.ones(len(result.seen.tuned)), atol=0.4)
    few = writing.run(writing.Settings("The dog saw a ball.", 0.7, 2, 3)).seen
    torch.testing.assert_close(few.tuned[:, :2].sum(1), torch.ones(len(few.tuned)))
    assert not few.tuned[:, 2:].any()


def test_a_beginning_that_is_too_long_for_the_lesson_is_told():
    with pytest.raises(ValueError, match="has 201 tokens, and at most 64 are shown here"):
        writing.run(writing.Settings("a dog " * 100))


HUNGRY = blanks.Settings()


def test_a_blank_is_asked_for_from_both_sides_and_from_the_left():
    result, model = blanks.run(HUNGRY), filler.load()
    assert (result.asked.word, result.words[result.asked.at]) == ("hungry", "▢")
    assert model.tokenizer.decode(list(result.asked.ids)).startswith("Tom was, so he")
    scores = model.model(input_ids=torch.tensor([result.asked.ids])).logits[0, result.asked.at, : model.mask]
    torch.testing.assert_close(result.both, scores.softmax(-1))
    writer = Writer(writing.model())
    writer.read(result.asked.ids[: result.asked.at])
    torch.testing.assert_close(result.writer, writer.scores(result.asked.at - 1).softmax(-1), atol=1e-5, rtol=0)
    assert result.names[0] == "␣hungry" == result.best
    right = result.asked.right
    assert 10 * result.left[right] < result.both[right] > 10 * result.writer[right]
    weights = result.trace.attention.weights[0, 0]
    assert weights.triu(1).any()
    assert result.to_right == pytest.approx(float(weights[result.asked.at, result.asked.at + 1 :].sum()))


def test_what_stands_behind_a_blank_moves_what_is_put_into_it_and_not_what_the_left_gives():
    one, other = (blanks.run(blanks.Settings(f"Tom had a very big {word}.", 4)) for word in ("smile", "dog"))
    assert (one.asked.word, other.asked.word) == ("big", "big")
    assert not torch.allclose(one.both, other.both, atol=1e-3)
    torch.testing.assert_close(one.left, other.left)
    torch.testing.assert_close(one.writer, other.writer)


def test_a_word_of_several_tokens_has_one_blank_and_no_share():
    asked = blanks.ask(filler.load(), blanks.Settings("The hippopotamus ate.", 1))
    assert asked.right is None
    assert asked.pieces > 1
    assert asked.ids.count(filler.load().mask) == 1


@pytest.mark.parametrize(
    ("text", "says"), [("", "no word"), ("12 !", "no word"), ("a dog " * 40, "at most 64 are read")]
)
def test_what_no_blank_can_be_in_is_told(text, says):
    with pytest.raises(ValueError, match=says):
        blanks.run(blanks.Settings(text))


@pytest.mark.parametrize("letters", ["a", "dbfac", "jihgfe", "aabba"])
def test_a_prefix_says_what_is_written(letters):
    result = prefixing.run(prefixing.Settings(letters, "sort:"))
    assert result.exact == 3
    assert [prefixing.spelled(ids) for ids in result.written.values()] == [
        letters,
        letters[::-1],
        "".join(sorted(letters)),
    ]
    assert result.text == "".join(sorted(letters))


@pytest.mark.parametrize(("text", "says"), [(" ", "no letter"), ("abcdefa", "at most 6"), ("xyz", "“x”")])
def test_what_no_prefix_can_be_put_before_is_told(text, says):
    with pytest.raises(ValueError, match=says):
        prefixing.letters_of(text)


def test_a_picture_chooses_its_caption_and_each_drawn_one_its_own():
    result = matching.run(matching.Settings())
    assert result.chosen == "red circle and blue square"
    assert result.hits == 4
    assert result.loss < 0.1 < result.guessing
    other = matching.run(
        matching.Settings((Thing("yellow", "triangle", 9.0, 20.0),), ("red circle", "yellow triangle"))
    )
    assert other.chosen == "yellow triangle"


@pytest.mark.parametrize(
    ("text", "good", "says"),
    [
        ("", 0, "fewer than two different captions"),
        ("red circle, red  CIRCLE", 1, "fewer than two"),
        ("red circle., a the, (blue) square!", 2, "names nothing"),
        ("red circle, pink square, nothing", 2, "“pink” is none of its words"),
        ("red circle, circle red, nothing", 2, "cannot be drawn"),
        (", ".join(" ".join(kind) for kind in pairs.KINDS), 8, "12 captions, and at most 8"),
    ],
)
def test_what_are_no_captions_is_told_and_the_others_are_read(text, good, says):
    captions, refused = matching.understood(text)
    assert len(captions) == good
    assert says in " ".join(refused)


def test_what_is_wrong_with_the_number_of_captions_is_told_first():
    few = matching.understood("a dog, cat, pig, red circle")[1]
    assert [says[:16] for says in few] == [
        "there are fewer ",
        "“dog” is none of",
        "“cat” is none of",
        "“pig” is none of",
    ]


def test_articles_of_a_caption_are_left_out():
    assert matching.understood("A red circle and a blue square, the yellow triangle") == (
        ("red circle and blue square", "yellow triangle"),
        (),
    )


@pytest.mark.parametrize("frames", denoising.FRAMES)
@pytest.mark.parametrize("side", denoising.SIDES)
def test_theorem_a_video_cut_and_put_together_is_itself(frames, side):
    video = torch.rand(2, 8, 16, 16, 3)
    patches = cut_into_blocks(video, frames, side)
    assert patches.shape == (2, 8 // frames * (16 // side) ** 2, 3 * frames * side**2)
    assert torch.equal(put_together(patches, (8, 16, 16, 3), frames, side), video)


def test_a_cut_that_does_not_fill_is_told():
    with pytest.raises(ValueError, match="blocks of 3 frames and 4 x 4 pixels do not fill 8 frames"):
        cut_into_blocks(torch.zeros(1, 8, 16, 16, 3), 3, 4)


@pytest.mark.parametrize("meet", [True, False])
def test_noise_is_taken_off_and_frames_meet_or_do_not(meet):
    result = denoising.run(denoising.Settings(meet=meet))
    assert result.after < 0.1 * result.before
    assert result.after < result.ground
    assert result.round_trip == 0
    assert (denoising.other_frames(result) > 0.05) if meet else (denoising.other_frames(result) == 0)


def test_the_picture_of_a_video_shows_every_block_once_where_its_numbers_lie():
    assert sorted(denoising.order()) == list(range(64))
    video = moving.filmed([(pairs.SCENE, 1.0, 0.5)])
    picture = denoising.picture(cut_into_blocks(video, 2, 4)[0])
    torch.testing.assert_close(picture[:, :16, 16:], video[0, 2].permute(2, 0, 1))
    assert (denoising.names()[0], denoising.names()[-1]) == ("a1", "h8")


@pytest.mark.parametrize("width", family.WIDTHS)
def test_theorem_a_mask_has_no_parameters_and_cross_attention_has(width):
    counts = [each[-1] for each in family.counted(width).values()]
    assert counts == [12 * width**2 + 13 * width] * 2 + [16 * width**2 + 19 * width]


@pytest.mark.parametrize("width", family.WIDTHS)
def test_theorem_a_block_of_the_library_has_the_numbers_of_bert_s_whatever_its_family_unless_it_has_other_parts(width):
    found = {each.name: each.weights for each in layers.counted(width)}
    plain = family.counted(width)["BERT's block"]
    assert all(found[name] == plain for name in ("BERT", "GPT-2", "ViT", "CLIP for pictures"))
    assert family.run(family.Settings(width)).alike == "BERT, GPT-2, ViT and CLIP for pictures"
    crossing = found["T5, writes"][1]
    assert crossing == 4 * width * (width // max(1, width // 64)) * max(1, width // 64)
    assert found["T5, writes"][-1] == found["T5, reads"][-1] + crossing + width
    assert all(sum(each[:-1]) == each[-1] for each in found.values())


def test_captions_that_begin_alike_have_names_that_begin_otherwise():
    captions = ("red circle and blue square and red square", "red circle and blue square and red circle")
    names = matching.axes(matching.run(matching.Settings(captions=captions)))
    assert len({name[:10] for name in names["queries"]}) == 3
    assert len({name[:10] for name in names["keys"]}) == 2


def test_the_tree_is_the_ledgers():
    totals = {each.name: each.total for each in tree.known()}
    (t5,) = (each.weights for each in tree.known() if each.name == "T5-base")
    buckets = 2 * 32 * 12  # one table of distances for each half
    assert (t5["attention"], t5["tables"]) == (36 * 4 * 768**2 + buckets, 32_128 * 768)
    assert totals["ViT-B/16"] == 86_567_656
    assert totals["BERT-large"] < 1e9 < totals["GPT-3"]
    assert family.told_sizes()[1][0] == "101 M"
