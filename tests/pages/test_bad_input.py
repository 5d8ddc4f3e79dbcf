"""Whatever a stranger types, uploads or links to: one clear sentence, nothing lost, no traceback, no markup."""

from functools import cache

import pytest
import streamlit as st

from core import settings
from core.memory import MEMORY
from core.models import offline
from core.models.errors import ModelError
from pages.course.catalogue import LESSONS
from tests.pages.screen import assert_no_failure, open_page, said, sent

BOXES = {"map": "map_text", "sentence_lab": "lab_text"} | {
    slug: f"{slug}_text" for slug in ("self_attention", "masks", "multi_head")
}
PARTS = {"map": "sentence", "sentence_lab": "lab"} | {page.slug: "step_viewer" for page in LESSONS if page.built}

READABLE = {
    "one letter": "a",
    "emoji with skin tones and joiners": "👩🏽‍🚀 lands on 🌕",
    "right to left": "مرحبا بالعالم و שלום",
    "combining marks, many": "Z̸̡̢̛̛͚̰a̷̛̩l̴̰͝g̵̨̛o",
    "no spaces": "x" * 300,
    "HTML": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "Markdown": "# title **bold** [link](http://example.invalid) ![img](http://example.invalid/x.png) `code`",
    "Streamlit's own markup": ":red[red] :material/home: :blue-badge[x]",
    "LaTeX": r"$\frac{1}{0}$ \textbf{x} $$\int$$",
    "format codes": "{0} {asks} %s %n {{}} {most:.2f}",
    "control characters between words": "one\x07two\x1b[31mthree",
    "NUL": "one\x00two",
    "line breaks": "one\ntwo\r\nthree",
    "Chinese and Japanese": "猫が日本語を読む 汉字",
    "a word nobody knows": "qxzvbnmw zzzzzz",
    "only punctuation": "?!... --",
    "zero-width and direction marks": "a\u200bb\u202ec\u2066d",
    "path and query": "../../etc/passwd?x=1&y=2#z",
    "numbers": "1e309 -0 NaN Infinity 0x10",
    "many words": "word " * 900,
}
UNREADABLE = {"nothing": "", "spaces": "  \t ", "only control characters": "\x00\x01\x02"}


@pytest.mark.parametrize("slug", BOXES)
def test_odd_text_is_read_as_text(slug):
    app = open_page(slug)
    for name, text in READABLE.items():
        before = tokens_of(app, slug)
        app.text_input(key=BOXES[slug]).set_value(text).run()
        assert_no_failure(app)
        shown = tokens_of(app, slug)
        assert shown != before, name
        assert shown, name
        assert all(token["text"] for token in shown), name


def tokens_of(app, slug: str) -> list[dict]:
    """The tokens of the text that was typed, as the page shows them."""
    words, _ = sent(app, PARTS[slug])
    tokens = words.get("tokens") or words["first"]["tokens"]
    return tokens["keys"] if isinstance(tokens, dict) else tokens


@pytest.mark.parametrize("slug", BOXES)
@pytest.mark.parametrize("name", UNREADABLE)
def test_a_text_without_words_says_what_to_do_and_keeps_the_controls(slug, name):
    app = open_page(slug)
    app.text_input(key=BOXES[slug]).set_value(UNREADABLE[name]).run()
    assert_no_failure(app)
    words = said(app)
    assert "Type a sentence above" in words or "This text cannot be read" in words
    assert app.text_input(key=BOXES[slug]).value == UNREADABLE[name]
    app.button(key=f"{BOXES[slug]}_example_0").click().run()
    assert_no_failure(app)
    sent(app, PARTS[slug])


@pytest.mark.parametrize("slug", BOXES)
def test_a_megabyte_of_text_is_refused_saying_how_much_is_read_and_the_figure_stays(slug):
    app = open_page(slug)
    before = sent(app, PARTS[slug])[0]
    app.text_input(key=BOXES[slug]).set_value("a" * 1_000_000).run()
    assert_no_failure(app)
    assert f"The text has 1000000 characters: at most {settings.MAX_TEXT} are accepted" in said(app)
    assert "Below is your last sentence." in said(app)
    after = sent(app, PARTS[slug])[0]
    assert (after.get("tokens") or after["first"]) == (before.get("tokens") or before["first"])


@pytest.mark.parametrize("slug", ["self_attention", "masks", "multi_head", "sentence_lab"])
def test_a_text_that_is_too_long_says_how_many_tokens_are_used_and_lets_one_choose_which(slug):
    key = BOXES[slug]
    app = open_page(slug)
    app.text_input(key=key).set_value("first " + "word " * 700 + "last").run()
    slider = app.slider(key=f"{key}_start")
    assert "The text has 702 tokens" in slider.label
    slider.set_value(slider.max).run()
    assert_no_failure(app)
    words, _ = sent(app, PARTS[slug])
    keys = (words.get("tokens") or words["first"]["tokens"])["keys"]
    assert keys[-2]["text"] == "last"


@pytest.mark.parametrize("slug", ["attention", "self_attention", "masks", "multi_head"])
@pytest.mark.parametrize("value", ["999", "-1", "x", "", "nan", "1e400", "0x1", "<b>", "3\x00"])
def test_impossible_values_of_every_control_in_a_link_leave_the_default(slug, value):
    app = open_page(slug, **dict.fromkeys(names_of_controls(slug), value))
    assert_no_failure(app)
    sent(app, "step_viewer")


@cache
def names_of_controls(slug: str) -> set[str]:
    """What a link calls the controls of a page."""
    app = open_page(slug)
    return {widget.key for kind in ("slider", "selectbox", "number_input") for widget in getattr(app, kind)}


def test_an_impossible_zeroed_token_in_the_link_zeroes_none():
    app = open_page("self_attention", self_attention_zeroed="99 dog")
    assert_no_failure(app)
    assert app.selectbox(key="self_attention_zeroed").value == "no token"


@pytest.fixture
def without_model(monkeypatch):
    """A process in which the offline model was never found."""

    def missing(_name: str = offline.NAME):
        raise ModelError("the offline model is not installed: run `make install`")

    monkeypatch.setattr(offline, "folder", missing)
    MEMORY.forget()
    yield
    MEMORY.forget()


@pytest.mark.usefixtures("without_model")
@pytest.mark.parametrize("slug", BOXES)
def test_without_the_offline_model_every_page_opens_and_says_how_to_get_it(slug):
    app = open_page(slug)
    assert_no_failure(app)
    assert "make install" in said(app)


@pytest.mark.usefixtures("without_model")
@pytest.mark.parametrize("slug", ["attention", "self_attention", "masks", "multi_head"])
def test_without_the_offline_model_lessons_go_on_by_hand(slug):
    app = open_page(slug, **{f"{slug}_numbers": "by hand"})
    assert_no_failure(app)
    sent(app, "step_viewer")


@pytest.mark.parametrize(
    "name", ["/no/such/folder", "../..", "no such/model name!", "a" * 300, "<script>", "$(rm -rf x)", "C:\\x", "\x00"]
)
def test_a_model_that_cannot_be_opened_leaves_the_offline_one_with_a_note(name):
    app = open_page("sentence_lab", lab_model="another model …", lab_name=name)
    assert_no_failure(app)
    assert "This model cannot be opened" in said(app)
    assert "all-MiniLM-L6-v2" in sent(app, "lab")[0]["caption"]


@pytest.mark.parametrize(
    ("slug", "link"),
    [
        ("captioning", {"captioning_scene": "{scene}"}),
        ("encoder_decoder", {"encoder_decoder_scene": "{scene}", "encoder_decoder_reads": "a scene: CNN grid"}),
        ("writing_lab", {"write_scene": "{scene}", "write_model": "scene-captioner", "write_count": "2"}),
    ],
)
def test_a_scene_whose_things_touch_is_said_to_be_outside_the_captioners_world(slug, link):
    def told(scene: str) -> str:
        app = open_page(slug, **{name: value.format(scene=scene) for name, value in link.items()})
        assert_no_failure(app)
        return said(app)

    assert "it is outside their world" in told("red-circle-11-5,blue-square-14-6")
    assert "it is outside their world" not in told("red-circle-11-5,blue-square-21-27")


def test_a_server_that_others_reach_offers_no_models_but_its_own(monkeypatch):
    plain = st.get_option
    monkeypatch.setattr(st, "get_option", lambda name: "0.0.0.0" if name == "server.address" else plain(name))
    app = open_page("sentence_lab", lab_model="another model …", lab_name="/etc", lab_device="tpu")
    assert_no_failure(app)
    for name in ("lab_model", "lab_device"):
        assert f"The link's “{name}” was ignored" in said(app)
    assert app.selectbox(key="lab_model").options == list(offline.READERS)
    assert "all-MiniLM-L6-v2" in sent(app, "lab")[0]["caption"]


@pytest.mark.parametrize(
    ("slug", "name", "text"),
    [("image_lab", "img_head", "99,99"), ("image_lab", "img_at", "5000"), ("training_lab", "train_open", "5,0,0,0")],
)
def test_what_is_not_there_to_be_looked_at_is_told_once(slug, name, text):
    app = open_page(slug, **{name: text})
    assert_no_failure(app)
    assert said(app).count(f"The link's “{name}” was ignored: it should be ") == 1


@pytest.mark.parametrize("place", ["99,99", "x", "1", "-1,0", ",", "0,0,0"])
def test_an_impossible_head_in_the_link_opens_one_that_exists(place):
    app = open_page("sentence_lab", lab_open=place, lab_beside=place, lab_compare="another head")
    assert_no_failure(app)
    for name in ("lab_open", "lab_beside"):
        assert said(app).count(f"The link's “{name}” was ignored") == 1
    words, _ = sent(app, "lab")
    for layer, head in (words["open"], words["beside"]):
        assert 0 <= layer < 6
        assert 0 <= head < 12
