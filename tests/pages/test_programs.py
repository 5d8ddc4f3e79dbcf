"""Programs to take away: they run by themselves and print every number of their page."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.export.program import program
from core.models import checkpoints
from core.trace import matrices
from pages.parts import downloads
from tests.core.models import prompted
from tests.exported import run_program, tensors_in
from tests.pages.screen import open_page, sent

HOSTILE = "costs $5 or $6 & <b>\"\"\"more'''</b> \\ {x} 日 🐈 ~"
NEEDED = {"torch", "transformers", "safetensors", "tokenizers", "numpy", "PIL"}
PAGES = [
    ("attention", {}),
    ("attention", {"attention_score": "additive", "attention_change": "keys alone shuffled"}),
    ("attention", {"attention_score": "cosine", "attention_numbers": "by hand"}),
    (
        "self_attention",
        {"self_attention_fused": "true", "self_attention_zeroed": "2 animal", "self_attention_temperature": "0.5"},
    ),
    (
        "self_attention",
        {"self_attention_numbers": "by hand", "self_attention_bits": "64 bits", "self_attention_order": "2,0,1"},
    ),
    ("self_attention", {"self_attention_text": HOSTILE}),
    ("masks", {"masks_kind": "causal with padding", "masks_side": "before"}),
    ("masks", {"masks_numbers": "by hand"}),
    ("multi_head", {"multi_head_split": "reshape alone"}),
    (
        "multi_head",
        {"multi_head_numbers": "by hand", "multi_head_merge": "reshape alone", "multi_head_mixing": "false"},
    ),
    ("bottleneck", {}),
    *(("bottleneck", {"bottleneck_network": network}) for network in ("RNN", "GRU", "LSTM", "by hand")),
    ("looking_back", {}),
    ("looking_back", {"looking_back_look": "3.1", "looking_back_temperature": "2.0"}),
    ("looking_back", {"looking_back_score": "scaled dot", "looking_back_beam": "3", "looking_back_text": HOSTILE}),
    ("encoder_decoder", {"encoder_decoder_write": "3.9", "encoder_decoder_away": "self-attention of head 1"}),
    ("encoder_decoder", {"encoder_decoder_written": "teacher forcing", "encoder_decoder_reading": "0"}),
    (
        "encoder_decoder",
        {
            "encoder_decoder_reads": "a scene: CNN grid",
            "encoder_decoder_away": "cross-attention of head 1",
            "encoder_decoder_write": "0.4",
            "encoder_decoder_look": "1.15",
            "encoder_decoder_forces": "head 2",
        },
    ),
    ("captioning", {}),
    ("captioning", {"captioning_cover": "c4", "captioning_temperature": "2.0"}),
    ("captioning", {"captioning_look": "0.14"}),
    ("captioning", {"captioning_scene": "empty"}),
    ("captioning", {"captioning_source": "photograph or your own"}),
    ("since_2017", {"since_2017_network": "experts", "since_2017_twice": "true"}),
    ("block", {"block_without": "MLP", "block_depth": "2", "block_norm": "BatchNorm"}),
    ("block", {"block_numbers": "a picture"}),
    ("model_family", {}),
    ("model_family", {"model_family_filled": "your sentence", "model_family_word": "3"}),
    ("model_family", {"model_family_system": "GPT", "model_family_k": "5"}),
    ("model_family", {"model_family_system": "T5"}),
    ("model_family", {"model_family_system": "CLIP"}),
    ("model_family", {"model_family_system": "Sora", "model_family_meet": "false"}),
    ("vision_transformer", {}),
    ("vision_transformer", {"vision_transformer_positions": "false", "vision_transformer_pooling": "mean of all"}),
    ("sentence_lab", {}),
    ("sentence_lab", {"lab_show": "mean of the layer"}),
    ("sentence_lab", {"lab_show": "mean of all", "lab_hide": "true"}),
    ("sentence_lab", {"lab_show": "rollout", "lab_merge": "true", "lab_text": "unbelievable tokenization"}),
    ("sentence_lab", {"lab_measure": "weight × ‖v‖", "lab_merge": "true", "lab_text": "unbelievable tokenization"}),
    ("sentence_lab", {"lab_compare": "another sentence", "lab_difference": "true"}),
    ("sentence_lab", {"lab_second": "It was a pair of sentences"}),
    ("writing_lab", {"write_at": "20", "write_topk": "5"}),
    ("writing_lab", {"write_model": "translator-transformer", "write_at": "3"}),
    ("writing_lab", {"write_model": "scene-captioner-patches", "write_at": "3"}),
    ("translation_lab", {}),
    ("translation_lab", {"many_weights": "after it is known"}),
    ("image_lab", {}),
    ("image_lab", {"img_show": "rollout", "img_model": "vit-mean-pool"}),
]


@pytest.fixture
def taken(monkeypatch):
    """Opens a page and returns its step viewer and the program that it offers."""
    kept = []
    offer = downloads.offer

    def keep(viewer, origin, again, *more, **named):
        kept.append((viewer, program(viewer.lesson, origin, again)))
        offer(viewer, origin, again, *more, **named)

    monkeypatch.setattr(downloads, "offer", keep)

    def take(slug: str, **link: str):
        app = open_page(slug, **link)
        assert not app.exception
        return kept[-1]

    return take


@pytest.mark.parametrize(("slug", "link"), PAGES, ids=str)
def test_a_program_runs_by_itself_and_prints_every_number_of_its_page(taken, slug, link, tmp_path):
    viewer, source = taken(slug, **link)
    opens = re.search("def (load_|run_of_|layer_of_text)", source)
    printed = tensors_in(run_program(source, tmp_path, *([checkpoints.FOLDER] if opens else [])))
    shown = matrices(viewer.steps) | dict(viewer.tensors)
    assert {name for name, tensor in shown.items() if tensor.size <= 20_000} <= set(printed)
    assert shown.keys() & printed.keys()
    for name in shown.keys() & printed.keys():
        # four digits are printed
        np.testing.assert_allclose(printed[name], shown[name].flatten(), atol=2e-4, err_msg=name)


@pytest.mark.parametrize("task", ["small pictures", "your pairs"])
def test_the_program_of_a_training_learns_what_its_page_has_learned(task, monkeypatch, tmp_path):
    made = {}
    monkeypatch.setattr(downloads, "button", lambda label, make, name, mime: made.setdefault(name, make))
    link = {"train_width": "8", "train_heads": "2", "train_layers": "1", "train_batch": "4", "train_reads": "many"}
    app = open_page("training_lab", train_task=task, **link, train_writes="one", train_changes="1:0:s:0:1")
    app.button(key="train_step").click().run()
    app.session_state["train_taken_menu"] = True
    app.button(key="train_step").click().run()
    printed = tensors_in(run_program(made["attention-lab-network-first.py"]().decode(), tmp_path))
    _, tensors = sent(app, "training")
    np.testing.assert_allclose(printed["losses"], tensors["losses0"][:, 1], atol=2e-4)
    found = [printed[f"weights of layer 0, head {head}"] for head in range(2)]
    np.testing.assert_allclose(np.array(found), tensors["maps0"][-2:].reshape(2, -1) / 255, atol=3e-3)


def test_a_program_imports_nothing_but_what_it_says_it_needs(taken):
    for slug in ("self_attention", "looking_back", "vision_transformer", "sentence_lab"):
        _, source = taken(slug)
        tree = ast.parse(source)
        modules = {
            (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name).partition(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
        }
        others = modules - sys.stdlib_module_names
        assert others <= NEEDED
        (told,) = re.findall(r"^Needed: (.*)\.$", ast.get_docstring(tree), re.MULTILINE)
        assert set(told.replace("pillow", "PIL").split(", ")) == others


def test_a_program_has_no_function_that_nothing_calls(taken):
    for slug in ("self_attention", "masks", "looking_back", "captioning"):
        _, source = taken(slug)
        names = {node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        assert names <= {name for name in names if len(re.findall(rf"\b{name}\b", source)) > 1}


def python(path, *arguments, home=None):
    """Runs a program in a Python of its own, without a network, in the folder in which it lies."""
    return subprocess.run(
        [sys.executable, "-I", path, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=path.parent,
        env=os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(home or path.parent)},
        timeout=120,
    )


def test_a_program_finds_the_model_of_sentences_next_door(taken, tmp_path):
    """The package of the model is in the same environment: nobody names it, and there is no network."""
    viewer, source = taken("masks", masks_kind="causal")
    (tmp_path / "program.py").write_text(source, encoding="utf-8")
    done = python(tmp_path / "program.py")
    assert done.returncode == 0, done.stderr
    found = tensors_in(done.stdout)["output"]
    np.testing.assert_allclose(found, matrices(viewer.steps)["output"].flatten(), atol=2e-4)


def test_a_program_finds_a_model_of_the_course_beside_itself_and_in_a_checkout(taken, tmp_path):
    _, source = taken("captioning")
    for folder in (tmp_path / "beside", tmp_path / "checkout" / "assets" / "checkpoints"):
        folder.parent.mkdir(exist_ok=True, parents=True)
        folder.symlink_to(checkpoints.FOLDER)
    assert "weights" in tensors_in(run_program(source, tmp_path / "checkout"))
    copied = tmp_path / "copied"
    copied.mkdir()
    (copied / "captioner.safetensors").symlink_to(checkpoints.FOLDER / "captioner.safetensors")
    (copied / "captioner-mean-context.safetensors").symlink_to(
        checkpoints.FOLDER / "captioner-mean-context.safetensors"
    )
    assert "weights" in tensors_in(run_program(source, copied))


@pytest.mark.parametrize(("slug", "named"), [("looking_back", "nowhere"), ("self_attention", "no such folder")])
def test_a_program_that_finds_no_model_says_so_in_one_sentence(taken, slug, named, tmp_path):
    _, source = taken(slug)
    with pytest.raises(SystemExit, match=named) as ended:
        run_program(source, tmp_path, tmp_path / named)
    assert "\n" not in str(ended.value)


def test_a_program_opens_the_folder_of_a_model_itself_and_says_in_one_sentence_that_it_is_damaged(taken, tmp_path):
    _, source = taken("encoder_decoder", encoder_decoder_reads="a scene: CNN grid")
    folder = tmp_path / "scene-captioner"
    shutil.copytree(checkpoints.FOLDER / folder.name, folder)
    assert "weights" in tensors_in(run_program(source, tmp_path, folder))
    for damage in (lambda file: file.write_bytes(b"cut short"), Path.unlink):
        damage(folder / "model.safetensors")
        with pytest.raises(SystemExit, match=r"scene-captioner is damaged: fetch it again\. [^\n]+$"):
            run_program(source, tmp_path, folder)


@pytest.mark.parametrize("over", ["the picture", "what is written"])
def test_a_program_sets_a_picture_among_the_tokens_of_a_prompt_as_its_page_does(taken, tmp_path, over):
    folder = prompted.llava(tmp_path / "model")
    link = {"write_model": "another model …", "write_name": folder, "write_count": "3", "write_looks": over}
    viewer, source = taken("writing_lab", **link, write_beginning="the <image> cat")
    printed = tensors_in(run_program(source, tmp_path))
    assert set(viewer.tensors) <= set(printed)
    for name, tensor in viewer.tensors.items():
        np.testing.assert_allclose(printed[name], tensor.flatten(), atol=2e-4, err_msg=name)


def test_a_program_does_not_ask_the_hub_for_a_model_of_the_course(taken, tmp_path):
    _, source = taken("writing_lab")
    with pytest.raises(SystemExit, match=r"story-gpt is not in .*: name the folder that holds it"):
        run_program(source, tmp_path)
