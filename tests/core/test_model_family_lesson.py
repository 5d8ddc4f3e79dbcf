"""What lesson 14 shows: gaps, rows, pairs of pictures and captions, videos, and the block that all of them have."""

import pytest
import torch

from core.cost import tree
from core.lessons.model_family import denoising, family, gaps, matching, prefixing, writing
from core.transformer.mirror import HALF, LENGTH
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


@pytest.mark.parametrize("begun", ["", "bead", "abcdeedcb"])
@pytest.mark.parametrize("temperature", [0.1, 1.0])
def test_a_row_is_written_mirrored_and_step_by_step_as_in_one_pass(begun, temperature):
    result = writing.run(writing.Settings(begun, temperature, 10, 3))
    assert result.text.startswith(begun)
    assert result.mirrored == result.mine == LENGTH - max(HALF, len(begun))
    assert result.apart < 1e-6


def test_tuning_keeps_the_likeliest_and_sharpens():
    chances = torch.tensor([0.5, 0.3, 0.15, 0.05])
    torch.testing.assert_close(writing.tune(chances, 1.0, 4), chances)
    torch.testing.assert_close(writing.tune(chances, 1.0, 2), torch.tensor([0.625, 0.375, 0.0, 0.0]))
    torch.testing.assert_close(writing.tune(chances, 0.5, 4), chances**2 / (chances**2).sum())
    assert writing.tune(chances, 2.0, 9)[0] < 0.5


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
    ("text", "says"),
    [
        ("", "fewer than two captions"),
        ("red circle, red  CIRCLE", "fewer than two"),
        ("red circle, pink square", "“pink” is none of its words"),
        ("red circle, circle red", "cannot be drawn"),
        (", ".join(" ".join(kind) for kind in pairs.KINDS), "12 captions, and at most 8"),
    ],
)
def test_what_are_no_captions_is_told(text, says):
    with pytest.raises(ValueError, match=says):
        matching.captions_of(text)


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


def test_the_tree_is_the_ledgers():
    totals = {each.name: each.total for each in tree.known()}
    assert totals["ViT-B/16"] == 86_567_656
    assert totals["BERT-large"] < 1e9 < totals["GPT-3"]
    assert family.written(109_482_240) == "109 M"
