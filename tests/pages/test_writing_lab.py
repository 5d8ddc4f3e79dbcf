"""The writing lab without a browser: what it sends, and what it says where there is nothing to send."""

import json
from pathlib import Path

import numpy as np
import pytest
from transformers import AutoModelForCausalLM

from core import settings
from core.memory import Memory
from core.models import loading
from tests.core.models import folders, prompted
from tests.core.models.families import IMAGE
from tests.pages.screen import assert_no_failure, open_page, said, sent

ANOTHER = {"write_model": "another model …"}
NOTHING_ELSE = {"write_beginning": "the cat", "write_count": "3"}


@pytest.fixture
def no_models(monkeypatch):
    """No model of another test is kept, and none of these stays."""
    monkeypatch.setattr(loading, "MEMORY", Memory(settings.MEMORY_BYTES))


def text_of(words: dict) -> str:
    return "".join(token["text"] for token in words["tokens"])


def test_scores_bits_and_attention_are_of_the_text_that_is_shown():
    app = open_page("writing_lab", write_at="20", write_topk="3")
    assert_no_failure(app)
    words, tensors = sent(app, "writing")
    assert len(words["tokens"]) == len(tensors["bits"]) == words["begun"] + 24
    assert text_of(words).startswith("<|endoftext|>Once upon a time there was a little girl named Lily. She")
    assert tensors["attention"].shape == (36, 20)
    np.testing.assert_allclose(tensors["attention"].sum(-1), 1, atol=1e-3)
    scores = tensors["scores"]
    assert (np.diff(scores) <= 0).all()
    shares = np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum()
    assert -np.log2(shares[words["rank"]]) == pytest.approx(tensors["bits"][20], abs=1e-3)
    # what stands there was drawn from the three that stay
    assert words["rank"] < 3
    assert words["names"][words["rank"]].replace("␣", " ") == words["tokens"][20]["text"]
    assert words["lens"][-1]["guesses"][0][0] == words["names"][0]


@pytest.mark.parametrize("compare", ["another seed", "a head silenced", "another beginning"])
def test_two_texts_stand_side_by_side(compare):
    app = open_page("writing_lab", write_compare=compare, write_silent_layer="5", write_silent_head="2")
    assert_no_failure(app)
    words, tensors = sent(app, "writing")
    assert len(words["second"]["tokens"]) == len(tensors["second_bits"])
    assert ("they part" if compare != "a head silenced" else "both go on alike") in words["second"]["says"].lower()
    assert ("costs" in words["second"]["says"]) == (compare == "a head silenced")
    assert tensors["second"].max() <= 1


def test_an_empty_beginning_is_one_for_a_model_with_a_mark_and_none_without():
    app = open_page("writing_lab", write_beginning="", write_count="5")
    assert_no_failure(app)
    assert sent(app, "writing")[0]["tokens"][0]["text"] == "<|endoftext|>"
    app = open_page("writing_lab", write_beginning="", write_count="0")
    assert sent(app, "writing")[0]["says"].startswith("1 token: 1 of the beginning")
    app = open_page("writing_lab", write_beginning="  ", write_marked="false")
    assert_no_failure(app)
    assert "Type how the text begins" in said(app)
    app.button(key="write_beginning_example_0").click().run()
    assert sent(app, "writing")[0]["begun"] == 13


@pytest.mark.parametrize(
    "link",
    [
        {"write_temperature": "0", "write_topk": "9999999", "write_count": "3"},
        {"write_temperature": "2", "write_topp": "0", "write_count": "3"},
        {"write_temperature": "nan", "write_topk": "-3", "write_topp": "2", "write_seed": "x"},
        {"write_at": "9999", "write_open": "99,99", "write_forced": "3.999999,999.5", "write_count": "1e9"},
        {"write_at": "0", "write_open": "<b>", "write_forced": "x", "write_count": ""},
    ],
)
def test_the_ends_of_every_control_and_impossible_links_leave_a_text(link):
    app = open_page("writing_lab", **link)
    assert_no_failure(app)
    words, tensors = sent(app, "writing")
    for name in ("write_forced", "write_at", "write_open"):
        assert said(app).count(f"“{name}” was ignored") == (name in link)
    assert 1 <= words["at"] <= len(words["tokens"])
    assert words["open"] is None
    assert len(tensors["scores"]) == 2048


def test_a_beginning_longer_than_the_model_reads_says_which_part_is_read_and_one_far_too_long_leaves_the_last():
    app = open_page("writing_lab", write_beginning="Once " + "upon a time " * 300, write_count="2")
    assert_no_failure(app)
    assert r"story\-gpt reads 512 at once here, so the" in said(app)
    words, _ = sent(app, "writing")
    assert (words["begun"], len(words["tokens"])) == (448, 450)
    before = text_of(words)
    app.text_input(key="write_beginning").set_value("a" * 1_000_000).run()
    assert_no_failure(app)
    assert "The text has 1000000 characters" in said(app)
    assert "Below is your last beginning." in said(app)
    assert text_of(sent(app, "writing")[0]) == before


def test_a_script_without_tokens_of_its_own_is_said_to_be_read_byte_by_byte():
    app = open_page("writing_lab", write_beginning="Привет", write_count="3")
    assert_no_failure(app)
    assert "single bytes of a letter, or stand for what is not known: 12 of 13." in said(app)
    assert sent(app, "writing")[0]["begun"] == 13


def test_models_that_do_not_write_say_what_they_are_and_the_beginning_stays(tmp_path, no_models):
    bare = folders.save(
        tmp_path / "bare",
        folders.model_of("gpt2", vocab_size=300, n_embd=12, n_layer=2, n_head=3),
        folders.byte_pieces(),
    )
    for folder, why in (
        (folders.bert(tmp_path / "bert"), "does not go on with a text (encoder)"),
        (folders.save(tmp_path / "vit", folders.model_of("vit", **IMAGE), None), "does not go on with a text (vision)"),
        (bare, "no causal head"),
    ):
        app = open_page("writing_lab", write_name=folder, **ANOTHER, **NOTHING_ELSE)
        assert_no_failure(app)
        assert "This model cannot go on with a text." in said(app)
        assert why in said(app)
        assert app.text_input(key="write_beginning").value == "the cat"


def test_a_model_that_does_not_say_how_its_decoder_begins_is_named_and_not_the_source(tmp_path, no_models):
    folder = Path(folders.writes(folders.t5, tmp_path / "t5"))
    for file in folder.glob("*config.json"):
        told = {
            name: value for name, value in json.loads(file.read_text()).items() if not name.endswith("start_token_id")
        }
        file.write_text(json.dumps(told | {"bos_token_id": None}))
    app = open_page("writing_lab", **ANOTHER, write_name=str(folder), **NOTHING_ELSE)
    assert_no_failure(app)
    assert "This model cannot go on with a text" in said(app)
    assert "does not say with which token its decoder begins" in said(app)
    assert "This source cannot be read" not in said(app)


def test_a_model_that_reads_pictures_otherwise_is_named_with_the_kinds_that_are_read(tmp_path, no_models):
    link = ANOTHER | {"write_name": folders.prefixed(tmp_path / "model", "blip-2")}
    app = open_page("writing_lab", **link, **NOTHING_ELSE)
    assert_no_failure(app)
    assert "is a Blip2ForConditionalGeneration: it sums a picture up in vectors of its own" in said(app)
    assert "choose a LLaVA, PaliGemma or GIT, a ViT-GPT2 or another VisionEncoderDecoder, or a BLIP" in said(app)


def test_a_damaged_folder_leaves_the_offline_model_and_says_why(tmp_path, no_models):
    folder = Path(folders.causal(tmp_path / "model"))
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    app = open_page("writing_lab", write_name=str(folder), **ANOTHER, **NOTHING_ELSE)
    assert_no_failure(app)
    assert "model.safetensors is damaged or cut short" in said(app)
    assert len(sent(app, "writing")[1]["scores"]) == 2048


@pytest.mark.parametrize("kind", ["openai-gpt", "lfm2"])
def test_a_folder_of_any_causal_family_writes(tmp_path, no_models, kind):
    sizes = {"vocab_size": 300, "n_embd": 12, "n_layer": 2, "n_head": 3, "n_positions": 37}
    if kind == "openai-gpt":
        folder = folders.save(
            tmp_path / "model", folders.model_of(kind, AutoModelForCausalLM, **sizes), folders.byte_pieces()
        )
    else:
        more = {"hidden_size": 16, "num_attention_heads": 4, "num_hidden_layers": 4}
        folder = folders.causal(tmp_path / "model", kind, layer_types=["conv", "full_attention"] * 2, **more)
    app = open_page("writing_lab", write_name=folder, **ANOTHER, **NOTHING_ELSE)
    assert_no_failure(app)
    words, tensors = sent(app, "writing")
    assert len(words["tokens"]) == words["begun"] + 3 or words["ended"]
    assert len(tensors["attention"]) == words["heads"] * len(words["numbers"])
    assert words["numbers"] == ([1, 3] if kind == "lfm2" else [0, 1])


def test_a_server_that_others_reach_offers_the_models_of_this_project(monkeypatch):
    monkeypatch.setattr("pages.parts.models.may_open_anything", lambda: False)
    app = open_page("writing_lab", write_name="/etc", **ANOTHER)
    assert_no_failure(app)
    offered = ["story-gpt", "translator-transformer", "scene-captioner-patches", "scene-captioner"]
    assert app.selectbox(key="write_model").options == offered


def test_what_is_drawn_is_drawn_by_what_the_sliders_can_say():
    words, _ = sent(open_page("writing_lab", write_temperature="0.33", write_topp="0.885", write_count="3"), "writing")
    assert (words["sampling"]["temperature"], words["sampling"]["topP"]) == (0.35, 0.89)


def test_what_was_chosen_behind_one_beginning_goes_with_another_and_stays_with_one_that_cannot_be_read():
    app = open_page("writing_lab", write_beginning="The dog", write_count="4", write_forced="1.77", write_at="3")

    def chosen() -> list[bool]:
        return [token["forced"] for token in sent(app, "writing")[0]["tokens"]]

    assert any(chosen())
    app.text_input(key="write_beginning").set_value("a" * 1_000_000).run()
    assert any(chosen())
    app.text_input(key="write_beginning").set_value("The cat").run()
    assert not any(chosen())
    assert {"write_forced", "write_at"}.isdisjoint(app.query_params)


def test_of_a_long_beginning_the_start_can_be_read():
    app = open_page("writing_lab", write_beginning="Once " + "upon a time " * 300, write_count="1")
    assert "so the last 447 are read" in said(app)
    app.segmented_control(key="write_beginning_part").set_value("the start").run()
    assert_no_failure(app)
    assert "so the first 447 are read" in said(app)
    assert text_of(sent(app, "writing")[0]).startswith("<|endoftext|>Once upon a time upon")


def test_a_name_of_the_hub_opens_from_the_cache_and_one_that_is_not_there_is_told_in_words(
    tmp_path, no_models, monkeypatch
):
    cache = tmp_path / "models--owner--name"
    (cache / "refs").mkdir(parents=True)
    (cache / "refs" / "main").write_text("abc")
    folders.causal(cache / "snapshots" / "abc")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    app = open_page("writing_lab", write_name="owner/name", **ANOTHER, **NOTHING_ELSE)
    assert_no_failure(app)
    assert len(sent(app, "writing")[1]["scores"]) == 300
    app.text_input(key="write_name").set_value("owner/nothing").run()
    assert "owner/nothing is not on this computer" in said(app)
    assert len(sent(app, "writing")[1]["scores"]) == 2048
    monkeypatch.setattr("huggingface_hub.constants.is_offline_mode", lambda: True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    next(each for each in app.button if each.label.startswith("Fetch")).click().run()
    assert_no_failure(app)
    assert "could not be fetched from the Hugging Face Hub" in said(app)
    assert app.text_input(key="write_name").value == "owner/nothing"


TRANSLATES = {"write_model": "translator-transformer", "write_temperature": "0"}


def test_an_encoder_decoder_shows_what_each_written_token_looks_at_in_the_source():
    app = open_page("writing_lab", write_source="She drinks water.", write_at="3", **TRANSLATES)
    assert_no_failure(app)
    words, tensors = sent(app, "writing")
    assert "".join(each["text"] for each in words["source"]).strip() == "She drinks water.</s>"
    assert words["back"]
    assert tensors["attention"].shape == (8, len(words["source"]))
    np.testing.assert_allclose(tensors["attention"].sum(-1), 1, atol=1e-3)
    assert text_of(words).split()[1] == "Elle"
    app.segmented_control(key="write_over").set_value("what is written").run()
    words, tensors = sent(app, "writing")
    assert not words["back"]
    assert tensors["attention"].shape == (8, 3)


@pytest.mark.parametrize("compare", ["a head silenced", "another source"])
def test_two_texts_of_an_encoder_decoder_stand_side_by_side(compare):
    app = open_page("writing_lab", write_compare=compare, write_silent_layer="1", **TRANSLATES)
    assert_no_failure(app)
    second = sent(app, "writing")[0]["second"]
    assert second["title"] == (
        "With layer 1, head 0, which looks back, silenced" if "head" in compare else "From the other source"
    )


def test_a_source_that_is_empty_or_far_too_long_is_told_and_the_last_stays():
    app = open_page("writing_lab", write_source="", **TRANSLATES)
    assert "Type a text that is to be read" in said(app)
    app.text_input(key="write_source").set_value("the cat").run()
    before = text_of(sent(app, "writing")[0])
    app.text_input(key="write_source").set_value("a" * 1_000_000).run()
    assert_no_failure(app)
    assert "Below is your last source." in said(app)
    assert text_of(sent(app, "writing")[0]) == before


@pytest.mark.parametrize(("make", "recorded"), [(folders.captioner, True), (folders.blip, False)])
def test_a_folder_of_a_captioner_writes_of_a_photograph(tmp_path, no_models, make, recorded):
    link = ANOTHER | {"write_name": make(tmp_path / "model"), "write_count": "3"}
    app = open_page("writing_lab", **link)
    assert_no_failure(app)
    words, tensors = sent(app, "writing")
    assert words["picture"]["names"][:2] == ["[CLS]", "a1"]
    assert (words["picture"]["extra"], tensors["attention"].shape) == (1, (6, 10))
    app.selectbox(key="write_compare").select("a head silenced").run()
    assert_no_failure(app)
    assert ("no head of it can be silenced" in said(app)) != recorded


def test_a_picture_in_a_prompt_is_looked_at_and_has_its_share_of_each_head(tmp_path, no_models):
    link = ANOTHER | {"write_name": prompted.llava(tmp_path / "model"), "write_count": "3"}
    app = open_page("writing_lab", **link, write_beginning="the <image> cat", write_open="1,4")
    assert_no_failure(app)
    assert app.text_input(key="write_beginning").label == "Prompt: <image> is the picture"
    words, tensors = sent(app, "writing")
    assert (words["picture"]["names"][0], words["picture"]["shared"], words["begun"]) == ("a1", True, 6)
    assert [token["name"] for token in words["tokens"]].count("<image>") == 1
    assert (tensors["attention"].shape, tensors["trail"].shape) == ((12, 9), (9, 9))
    np.testing.assert_allclose(tensors["trail"][-1], tensors["attention"][6 + 4], atol=1e-4)  # of the head that is open
    on_picture = tensors["attention"].sum(-1, keepdims=True)
    np.testing.assert_allclose(tensors["shares"], on_picture, atol=1e-4)
    assert words["says"].startswith("Read once: 9 patches of the picture; 5 tokens of the prompt")
    assert "17 tokens (9 of them are the picture)" in words["cache"]

    app.segmented_control(key="write_looks").set_value("what is written").run()
    place = [token["name"] for token in words["tokens"]].index("<image>")
    _, written = sent(app, "writing")
    np.testing.assert_allclose(written["attention"][:, place], tensors["shares"][:, 0], atol=1e-4)
    np.testing.assert_allclose(written["attention"].sum(-1), 1, atol=1e-3)

    app.text_input(key="write_beginning").set_value("<image> and <image>").run()
    assert_no_failure(app)
    assert "<image> stands 2 times in it" in said(app)
    assert "Below is your last prompt." in said(app)
    app.text_input(key="write_beginning").set_value("the cat").run()
    assert "Nothing in this prompt stands for the picture, so it is read first" in said(app)


def test_a_link_that_chooses_a_second_picture_is_told_what_is_there(tmp_path, no_models):
    link = ANOTHER | {
        "write_name": prompted.llava(tmp_path / "model"),
        "write_count": "3",
        "write_forced": "0.265,1.77",
    }
    app = open_page("writing_lab", **link, write_beginning="the <image> cat")
    assert_no_failure(app)
    assert "but not 265, which stands for the one picture, not “0\\.265”" in said(app)
    words, _ = sent(app, "writing")
    names = [token["name"] for token in words["tokens"]]
    assert (names.count("<image>"), names[6 + 1]) == (1, "n")  # what else the link chooses stands where it says


@pytest.mark.parametrize("compare", ["another picture", "a head silenced", "another temperature"])
def test_a_second_text_stands_beside_that_of_a_picture_in_a_prompt(tmp_path, no_models, compare):
    link = ANOTHER | {"write_name": prompted.llava(tmp_path / "model"), "write_count": "3", "write_compare": compare}
    app = open_page("writing_lab", **link, write_beginning="the <image> cat", write_silent_head="4")
    assert_no_failure(app)
    words, tensors = sent(app, "writing")
    second = words["second"]
    assert [each["text"] for each in second["tokens"][:6]] == [each["text"] for each in words["tokens"][:6]]
    assert len(tensors["second"]) == len(words["names"])


def test_a_picture_before_all_tokens_has_its_share_of_each_head(tmp_path, no_models):
    link = ANOTHER | {"write_name": folders.prefixed(tmp_path / "model", "git"), "write_count": "3"}
    words, tensors = sent(open_page("writing_lab", **link), "writing")
    assert (words["picture"]["extra"], words["picture"]["shared"]) == (1, True)
    assert (tensors["shares"] < 1).all()


@pytest.mark.parametrize(
    ("name", "parts"), [("scene-captioner", "16 cells"), ("scene-captioner-patches", "64 patches")]
)
def test_what_a_picture_was_cut_into_has_its_own_name(name, parts):
    words, _ = sent(open_page("writing_lab", write_model=name), "writing")
    assert words["says"].startswith(f"Read once: {parts} of the picture")
    assert not words["picture"]["shared"]
