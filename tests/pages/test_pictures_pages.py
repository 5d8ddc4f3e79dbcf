"""Lesson 11 and the image lab: what is on the screen is what the models made of the picture, whatever comes in."""

import io
import zipfile

import numpy as np
import pytest
import streamlit as st
import torch
from PIL import Image

from core import settings
from core.lessons import vision_transformer
from core.lessons.vision_transformer import Settings
from core.models import checkpoints
from core.picture_files import Entry, OpenedPicture, read_archive, read_picture
from core.training import shapes
from core.vision.classifier import fitted
from core.vision.samples import sample
from pages.parts import own_picture, patch_explorer
from tests.core.models import folders
from tests.core.models.families import IMAGE
from tests.pages.screen import assert_no_failure, open_page, said, sent

CLOSE = {"atol": 1e-3, "rtol": 0}


def png(colour: str = "red", size: tuple[int, int] = (40, 30)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


def test_the_maps_of_the_lesson_are_those_of_the_model():
    app = open_page("vision_transformer")
    result = vision_transformer.run(sample("a cat"), Settings())
    words, tensors = sent(app, "patch_explorer")
    np.testing.assert_allclose(tensors["first_weights"], result.now.layers[1][0], atol=1e-4)
    np.testing.assert_array_equal(tensors["first_picture"], result.pixels.transpose(2, 0, 1))
    assert words["first"]["names"][:3] == ["[CLS]", "a1", "b1"]
    every = (tensors["every"].reshape(6, 6, 65, 65) / 255) ** 2
    np.testing.assert_allclose(every, torch.stack(result.now.layers), atol=0.005)
    viewer, numbers = sent(app, "step_viewer")
    assert [step_view["label"] for step_view in viewer["views"]] == [
        "I", "patches", "rows", "xW_E", "+ P", "q k v", "A", "Z", "pooled", "class",
    ]  # fmt: skip
    np.testing.assert_allclose(numbers["looks"], result.now.layers[1][0][:, 1:], atol=1e-4)
    np.testing.assert_allclose(numbers["shares"][:, 0], list(result.now.probabilities.values()), atol=1e-4)


@pytest.mark.parametrize("size", [4, 8, 16, 32])
def test_the_lesson_shows_its_picture_with_more_pixels_in_the_same_order_of_patches(size):
    chosen = Settings(patch_size=size, shuffled=2, fit="crop")
    file = vision_transformer.in_full(sample("a cat"), chosen)["picture_file"]
    picture = Image.open(io.BytesIO(file.tobytes()))
    assert picture.size == (vision_transformer.SHARP,) * 2
    small = np.asarray(picture.resize((64, 64), Image.Resampling.BOX), dtype=float)
    # at the edges of patches a smaller picture is a little otherwise
    assert np.abs(small - vision_transformer.run(sample("a cat"), chosen).pixels).mean() < 8


def test_what_the_model_sees_is_shown_where_it_is_asked_for_or_where_there_is_no_more():
    assert "picture_file" in sent(open_page("vision_transformer"), "step_viewer")[1]
    words, tensors = sent(open_page("vision_transformer", vision_transformer_pixels="true"), "step_viewer")
    assert "picture_file" not in tensors
    assert "fewer than you see" not in str(words["views"][0]["notice"])
    assert vision_transformer.in_full(np.zeros((64, 200, 3), np.uint8), Settings()) == {}


def test_without_positions_a_shuffle_moves_nothing_and_with_them_it_does():
    still = open_page("vision_transformer", vision_transformer_positions="false")
    mixed = open_page("vision_transformer", vision_transformer_positions="false", vision_transformer_shuffle="7")
    first, second = (sent(app, "step_viewer")[1]["shares"] for app in (still, mixed))
    np.testing.assert_allclose(first, second, atol=1e-4)
    placed = sent(open_page("vision_transformer", vision_transformer_shuffle="7"), "step_viewer")[1]["shares"]
    assert np.abs(placed - first).max() > 1e-3
    # what is shuffled is seen shuffled: the same pixels in other places
    pictures = [sent(app, "step_viewer")[1]["picture"] for app in (still, mixed)]
    assert not np.allclose(*pictures)
    np.testing.assert_allclose(*(np.sort(picture, axis=None) for picture in pictures))


@pytest.mark.parametrize("size", [4, 16, 32])
def test_with_patches_that_no_model_reads_the_steps_end_at_the_rows(size):
    app = open_page("vision_transformer", vision_transformer_size=str(size))
    assert_no_failure(app)
    words, tensors = sent(app, "step_viewer")
    assert [step_view["label"] for step_view in words["views"]] == ["I", "patches", "rows"]
    assert tensors["patches"].shape == ((64 // size) ** 2, 3 * size**2)
    assert "Set it back to 8" in said(app)
    unread = [*app.selectbox, *app.toggle, *app.button_group]
    assert {each.label for each in unread if each.disabled} == {"Answer from", "Positions", "Layer", "Head"}


def test_the_mean_is_another_model_without_a_class_token():
    app = open_page("vision_transformer", vision_transformer_pooling="mean of all")
    words, tensors = sent(app, "patch_explorer")
    assert words["first"]["extra"] == 0
    assert tensors["first_weights"].shape == (64, 64)


def test_it_says_when_it_is_not_sure():
    found = checkpoints.load("vit").classify(sample("a motorcycle"))
    app = open_page("vision_transformer", vision_transformer_picture="a motorcycle")
    assert ("not sure" in said(app)) or found.sure
    assert "outside" not in said(app) or not found.sure


@pytest.mark.parametrize("page", ["vision_transformer", "image_lab", "captioning"])
def test_a_picture_of_ones_own_goes_along_from_page_to_page(page):
    prefix = {"vision_transformer": "vit", "image_lab": "img", "captioning": "pic"}[page]
    link = {f"{prefix}_picture": "your own"} | (
        {"captioning_source": "photograph or your own"} if page == "captioning" else {}
    )
    app = open_page(page, **link)
    assert "There is no picture of yours here yet" in said(app)
    app.session_state["own_pictures"] = [Entry("mine.png", read_picture(png("blue")))]
    app.run()
    assert_no_failure(app)
    assert "There is no picture of yours" not in said(app)
    shown = (
        sent(app, "step_viewer")[1]["picture"]
        if page != "image_lab"
        else sent(app, "patch_explorer")[1]["first_picture"] / 255
    )
    assert shown[2].min() > 0.99
    assert shown[0].max() < 0.01


def test_of_several_pictures_one_is_chosen_and_all_are_taken_away():
    app = open_page("image_lab", img_picture="your own")
    names = ("one.png", "two.png")
    app.session_state["own_pictures"] = [
        Entry(name, read_picture(png(c))) for name, c in zip(names, ("red", "lime"), strict=True)
    ]
    app.run()
    app.selectbox("img_picture_which").set_value(1).run()
    assert sent(app, "patch_explorer")[1]["first_picture"][1].min() == 255
    app.button("img_all").click().run()
    assert_no_failure(app)
    assert {"img_csv", "img_npz"} <= {each.key for each in app.get("download_button")}
    # they stay while something else is looked at, and go when what they hold is no longer what is shown
    app.selectbox("img_picture_which").set_value(0).run()
    assert len(app.session_state["img_maps"][1]) == 2


def test_the_name_of_a_file_is_never_read_as_markup():
    app = open_page("image_lab", img_picture="your own")
    name = "![x](http://x.invalid/y.png) $a$ :red[b].png"
    app.session_state["own_pictures"] = [Entry(name, read_picture(png()))]
    app.run()
    assert_no_failure(app)
    read_as_markdown = [each.value for kind in ("caption", "markdown") for each in getattr(app, kind)]
    assert not [each for each in read_as_markdown if "![x]" in each or "$a$" in each or ":red[" in each]
    assert name in said(app)


def test_nets_are_trained_on_few_pictures_and_on_many_while_one_waits(monkeypatch):
    monkeypatch.setattr(shapes, "SIZES", (20, 30))
    monkeypatch.setattr(shapes, "UPDATES", 2)
    app = open_page("vision_transformer")
    app.button("vision_transformer_curve_train").click().run()
    assert_no_failure(app)
    assert len(app.session_state["learning_curve_done"]["Few pictures, or many", 0]) == 6
    app.run()
    assert_no_failure(app)


def test_a_picture_that_is_drawn_together_to_a_square_is_said_to_be(monkeypatch):
    wide = np.zeros((30, 50, 3), np.uint8)
    assert own_picture._squashed(wide, 32) == (
        "Of 50 x 30 pixels the model sees 32 x 32: the longer way is drawn together.",
    )
    assert own_picture._squashed(wide[:, :30], 32) == ()  # square already
    assert own_picture._squashed(wide, 0) == ()  # the learner is asked how, beside it
    said_of = []
    monkeypatch.setattr(st, "caption", said_of.append)
    monkeypatch.setattr(own_picture, "_which", lambda key: Entry("mine.png", OpenedPicture(wide)))
    monkeypatch.setattr(st, "selectbox", lambda *_, **__: own_picture.OWN)
    monkeypatch.setattr(own_picture, "_bring", lambda key: None)
    own_picture.choose("captioning", side=32)
    assert said_of == list(own_picture._squashed(wide, 32))


@pytest.fixture
def session(monkeypatch):
    state: dict = {}
    monkeypatch.setattr(st, "session_state", state)
    return state


class Sent:
    """What an uploader hands over."""

    def __init__(self, name: str, content: bytes):
        self.name, self._content, self.file_id, self.type = name, content, name, "image/png"

    def getvalue(self) -> bytes:
        return self._content


def test_what_cannot_be_read_is_told_and_what_was_there_stays(session):
    session["k_file"] = [Sent("good.png", png())]
    own_picture._uploaded("k")
    assert session["k"] == own_picture.OWN
    before = session["own_pictures"]
    session["k_file"] = [Sent("bad.png", b"no picture")]
    own_picture._uploaded("k")
    assert session["own_pictures"] is before
    some, ((name, why),) = session["k_refused"]
    assert not some
    assert name == "bad.png"
    assert "PNG, JPEG, WebP, GIF and HEIC are accepted" in why


def test_of_a_zip_the_good_are_taken_and_the_bad_are_told(session):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.png", png())
        archive.writestr("../b.png", png())
        archive.writestr("c.txt", "words")
    session["k_file"] = [Sent("all.zip", out.getvalue()), Sent("d.png", png("blue"))]
    own_picture._uploaded("k")
    assert [entry.name for entry in session["own_pictures"]] == ["a.png", "d.png"]
    some, refused = session["k_refused"]
    assert some
    assert [name for name, _ in refused] == ["b.png", "c.txt"]
    assert len(read_archive(out.getvalue())) == 3


def test_no_more_pictures_are_kept_than_are_accepted(session, monkeypatch):
    monkeypatch.setattr(settings, "MAX_PICTURES", 3)
    session["k_file"] = [Sent(f"{n}.png", png()) for n in range(5)]
    own_picture._uploaded("k")
    assert len(session["own_pictures"]) == 3
    assert [name for name, _ in session["k_refused"][1]] == ["3.png", "4.png"]


@pytest.mark.parametrize(
    "message",
    [None, 3, {}, {"picture": 5}, {"picture": "data:text/html;base64,AAAA"}, {"picture": "data:image/png;base64,!!"}],
)
def test_a_drawing_that_is_none_changes_nothing(session, message):
    session["k_pad"] = type("Drawn", (), {"drawn": message})()
    own_picture._drawn("k")
    assert "own_pictures" not in session


def test_a_model_of_the_library_is_looked_through(tmp_path):
    name = folders.save(tmp_path / "vit", folders.model_of("vit", **IMAGE | {"num_hidden_layers": 1}), None)
    app = open_page("image_lab", img_model="another model …", img_name=name)
    assert_no_failure(app)
    words, tensors = sent(app, "patch_explorer")
    assert words["caption"].startswith("1 layer × ")
    assert words["first"]["names"][0] == "[CLS]"
    assert tensors["first_weights"].shape == (10, 10)
    np.testing.assert_array_equal(tensors["first_picture"], fitted(sample("a cat"), 12).transpose(2, 0, 1))


def test_a_model_that_reads_no_pictures_is_refused_and_the_lab_stays(tmp_path):
    name = folders.bert(tmp_path / "bert")
    app = open_page("image_lab", img_model="another model …", img_name=name)
    assert_no_failure(app)
    assert "reads no pictures" in said(app)


@pytest.mark.parametrize("compare", ["another picture", "another model"])
def test_two_are_compared_side_by_side(compare):
    words, tensors = sent(open_page("image_lab", img_compare=compare), "patch_explorer")
    assert words["second"]["title"] != words["first"]["title"]
    assert "second_weights" in tensors
    if compare == "another picture":
        assert not np.array_equal(tensors["first_picture"], tensors["second_picture"])


def how(**link: str) -> dict:
    return sent(open_page("image_lab", **link), "patch_explorer")[0]["how"]


def test_how_a_picture_is_looked_at_is_in_the_link():
    assert how() == {"turned": False, "coloured": None, "share": 1, "seen": False}
    chosen = {"turned": True, "coloured": False, "share": 0.35, "seen": True}
    link = patch_explorer.linked(chosen)
    assert how(**{f"img_{name}": text for name, text in link.items()}) == chosen
    assert how(img_turned="1", img_colour="blue", img_strongest="101", img_seen="0") == how()
    assert set(patch_explorer.linked(how()).values()) == {""}


def test_a_picture_is_shown_with_the_pixels_it_came_in_beside_those_that_the_model_sees():
    _, tensors = sent(open_page("image_lab"), "patch_explorer")
    assert tensors["first_picture"].shape == (3, 64, 64)
    assert tensors["first_sharp"].shape == (3, 384, 384)
    small = fitted(tensors["first_sharp"].transpose(1, 2, 0).astype(np.uint8), 64, "squash")
    assert np.abs(small.astype(float) - tensors["first_picture"].transpose(1, 2, 0)).mean() < 4


@pytest.mark.parametrize("head", ["99,99", "x", "-1", "5,5", ""])
def test_a_head_that_does_not_exist_falls_back(head):
    app = open_page("image_lab", img_head=head)
    assert_no_failure(app)
    assert max(sent(app, "patch_explorer")[0]["open"]) <= 5
