"""The encoder-decoders that caption scenes: what they write over a CNN's grid and over raw patches, and where they look."""

import random

import pytest
import torch

from core.lessons import scene_captions
from core.lessons.encoder_decoder import ALL_CROSS
from core.lessons.scene_captions import ALL_HEADS, Settings, cell_of
from core.models import checkpoints
from core.sequence.decoding import Interventions, all_weight_on
from core.training import captioners
from core.transformer.encoder_decoder import Changes
from core.vision import scenes
from core.vision.scene_captioner import COLUMNS, SceneCaptioner, SceneCaptionerConfig
from core.vision.scenes import Thing
from core.vision.trained import WORDS

NAMES = list(checkpoints.SCENE_CAPTIONERS)
THINGS = (Thing("red", "circle", 11.0, 5.0), Thing("blue", "square", 21.0, 27.0))


def held_out(n):
    rng = random.Random("scenes of a test")
    return [scenes.draw(rng) for _ in range(n)]


@pytest.mark.parametrize("name", NAMES)
def test_new_scenes_are_captioned_right_to_the_last_word(name):
    captioner, drawn = checkpoints.load_scene_captioner(name), held_out(150)
    lines = captioner.caption_many(scenes.painted(drawn))
    right = [line == scenes.described(scene)[0] for line, scene in zip(lines, drawn, strict=True)]
    assert sum(right) / len(right) >= 0.85
    alone = [tuple(captioner.caption(each).text.split()) for each in scenes.painted(drawn[:5])]
    assert alone == lines[:5]


@pytest.mark.parametrize("name", NAMES)
def test_every_word_spreads_one_look_over_the_picture(name):
    captioner = checkpoints.load_scene_captioner(name)
    found = captioner.caption(scenes.painted([THINGS])[0])
    assert found.text == "red circle top left and blue square bottom right"
    columns = captioner.model.config.columns
    assert found.weights.shape == (len(found.words), columns, columns)
    torch.testing.assert_close(found.weights.sum((1, 2)), torch.ones(len(found.words)))


@pytest.mark.parametrize("name", NAMES)
def test_a_word_is_forced_and_without_cross_attention_all_scenes_are_captioned_alike(name):
    captioner = checkpoints.load_scene_captioner(name)
    one, other = scenes.painted([THINGS, THINGS[1:]])
    forced = captioner.caption(one, interventions=Interventions(((0, WORDS.index("green")),)))
    assert forced.words[0] == "green"
    blind = [captioner.caption(each, changes=Changes(cut_cross=True)).words for each in (one, other)]
    assert blind[0] == blind[1]


@pytest.mark.parametrize("eyes", COLUMNS)
def test_a_head_that_is_forced_to_the_row_that_it_had_anyway_changes_nothing(eyes):
    free = scene_captions.run(Settings(eyes)).now
    row = tuple(free.trace.weights[0, 2, 3].tolist())
    forced = scene_captions.run(Settings(eyes, interventions=Interventions(rows=((3, row),)), forces="head 2"))
    assert forced.intervened
    assert forced.now.words == free.words
    torch.testing.assert_close(forced.now.wrote.logits, free.wrote.logits, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("eyes", COLUMNS)
@pytest.mark.parametrize(("forces", "layer"), [(ALL_HEADS, 1), ("head 1", 0)])
def test_a_head_that_is_forced_to_one_place_brings_what_that_place_holds(eyes, forces, layer):
    place, n_places = 5, COLUMNS[eyes] ** 2
    asked = Interventions(rows=((1, all_weight_on(place, n_places)),))
    found = scene_captions.run(Settings(eyes, layer=layer, interventions=asked, forces=forces))
    free, forced = (each.wrote.blocks[layer].cross for each in (found.free, found.now))
    heads = range(4) if forces == ALL_HEADS else [1]
    for head in range(4):
        if head in heads:
            torch.testing.assert_close(forced.cross_output[0, head, 1], forced.cross_values[0, head, place])
        else:
            torch.testing.assert_close(forced.cross_weights[0, head, 1], free.cross_weights[0, head, 1])
    # the word before it was written before anything was forced
    torch.testing.assert_close(found.now.wrote.logits[0, 0], found.free.wrote.logits[0, 0])


def test_a_word_that_is_made_to_look_at_another_thing_names_that_thing():
    green = Thing("green", "triangle", 27.0, 5.0)
    scene, asked = (*THINGS, green), Interventions(rows=tuple((at, all_weight_on(15, 16)) for at in range(2)))
    found = scene_captions.run(Settings("CNN grid", scene, interventions=asked))
    assert found.free.words[:2] == ("red", "circle")
    assert found.now.words[:2] == ("blue", "square")


def test_words_that_are_forced_to_look_are_not_counted_among_the_looks():
    row = tuple(scene_captions.run(Settings("CNN grid")).trace.weights[0, 0, 0].tolist())
    asked = Interventions(rows=((0, row),))
    found = scene_captions.run(Settings("CNN grid", interventions=asked, forces="head 0"))
    assert found.now.text == found.right
    assert found.looks[0] == 3


@pytest.mark.parametrize(
    "asked",
    [
        Interventions(rows=((0, (1.0,) * 3),)),
        Interventions(rows=((99, all_weight_on(0, 16)),)),
        Interventions(((0, 0), (1, 1), (2, 999), (700, 4))),
    ],
)
def test_of_what_is_asked_only_what_can_be_is_forced(asked):
    found = scene_captions.run(Settings("CNN grid", interventions=asked))
    assert found.settings.interventions == Interventions()
    assert not found.intervened


def test_a_word_that_the_captioners_do_not_know_is_refused_with_those_that_they_know():
    assert [WORDS[id_] for id_ in scene_captions.spell(" Triangle ")] == ["triangle"]
    assert [WORDS[id_] for id_ in scene_captions.spell("</s>")] == ["</s>"]
    for word in ("purple", "", "<s>", "red circle"):
        with pytest.raises(ValueError, match="they write red, green, blue, yellow, circle"):
            scene_captions.spell(word)


@pytest.mark.parametrize(
    ("interventions", "shape", "says"),
    [
        (Interventions(), (3, 33, 31), "the picture is 3 x 33 x 31"),
        (Interventions(rows=((0, (1.0,)),)), (3, 32, 32), "has 1 weights and what is read has 16 places"),
        (Interventions(temperature=2.0), (3, 32, 32), "divides its scores by no temperature"),
    ],
)
def test_what_cannot_be_done_is_said_in_words(interventions, shape, says):
    with pytest.raises(ValueError, match=says):
        checkpoints.load_scene_captioner(NAMES[0]).caption(torch.zeros(shape), interventions=interventions)


def test_over_a_grid_a_width_that_its_net_cannot_have_is_said_in_words():
    with pytest.raises(ValueError, match="some times 24 wide: 29 is not"):
        SceneCaptioner(SceneCaptionerConfig("CNN grid", 24, 3, d_ff=29))


def test_a_lesson_opens_the_model_of_the_eyes_that_it_names():
    assert {name: eyes for eyes, name in scene_captions.MODELS.items()} == checkpoints.SCENE_CAPTIONERS


def test_over_raw_patches_there_is_no_convolution():
    kinds = {eyes: {type(each) for each in SceneCaptioner(SceneCaptionerConfig(eyes)).modules()} for eyes in COLUMNS}
    assert torch.nn.Conv2d in kinds["CNN grid"]
    assert torch.nn.Conv2d not in kinds["raw patches"]


@torch.inference_mode()
def test_a_cell_knows_its_place_from_the_zeros_around_the_picture_alone():
    model = checkpoints.load_scene_captioner("scene-captioner").model
    assert "cells" not in dict(model.named_parameters())
    (cells,) = model.see(scenes.painted([()]))
    apart = torch.cdist(cells, cells) + 1e9 * torch.eye(len(cells))
    assert apart.min() > 0.1, "no two cells of an empty picture are alike"
    wide = torch.full((1, 3, 128, 128), scenes.GROUND)
    (inner,) = model.see(wide).unflatten(1, (16, 16))[:, 6:10, 6:10].flatten(1, 2)
    torch.testing.assert_close(inner, inner[:1].expand_as(inner), atol=1e-5, rtol=0)


def test_a_patch_lies_in_the_cell_that_it_is_cut_from():
    assert [cell_of(place, 4) for place in range(16)] == list(range(16))
    assert [cell_of(place, 8) for place in (0, 1, 8, 9, 2, 63, 54)] == [0, 0, 0, 0, 1, 15, 15]


@pytest.mark.parametrize("name", NAMES)
def test_each_was_made_by_its_recipe_and_is_as_good_as_its_card_says(name):
    figures = checkpoints.load_scene_captioner(name).figures
    assert figures["made"]["recipe"]["updates"] == captioners.PLANS[name].updates
    assert figures["quality"]["exact captions"] >= 0.85


@pytest.mark.parametrize("eyes", COLUMNS)
def test_the_lesson_says_of_each_head_at_how_many_words_it_looks_at_their_thing(eyes):
    result = scene_captions.run(Settings(eyes))
    assert result.now.text == result.right
    n, hits = result.looks
    assert n == 4
    weights = result.trace.weights[0]
    for head, hit in enumerate(hits):
        looked = [int(weights[head, at].argmax()) for at in (0, 1, 5, 6)]
        things = (THINGS[0], THINGS[0], THINGS[1], THINGS[1])
        assert hit == sum(
            cell_of(place, COLUMNS[eyes]) in thing.cells for place, thing in zip(looked, things, strict=True)
        )
    cut = scene_captions.run(Settings(eyes, away=ALL_CROSS))
    assert cut.intervened
    assert cut.looks is None
    assert scene_captions.run(Settings(eyes, scene=())).looks is None
