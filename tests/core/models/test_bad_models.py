"""Whatever is wrong with a model is told in one sentence that says which and what to do; nothing else escapes."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from core.models import loading
from core.models.errors import ModelError, told_as
from core.models.loading import load
from tests.core.models import folders
from tests.core.models.families import IMAGE

WEIGHTS = "model.safetensors"

pytestmark = pytest.mark.usefixtures("no_models")


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Path:
    return Path(folders.bert(tmp_path_factory.mktemp("sound") / "bert"))


def config(**changes: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        told = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(told | changes))

    return change


def write(name: str, content: bytes) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes(content) and None


def cut(folder: Path) -> None:
    (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:-100])


def pickled(folder: Path) -> None:
    """Weights whose opening would be noticed."""
    (folder / WEIGHTS).unlink()
    torch.save({"weights": Bomb()}, folder / "pytorch_model.bin")


class Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return exec, ("raise SystemExit('a pickle was opened')",)


def without(*names: str) -> Callable[[Path], None]:
    def remove(folder: Path) -> None:
        for name in names:
            (folder / name).unlink()

    return remove


def sharded(content: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / WEIGHTS).unlink()
        (folder / f"{WEIGHTS}.index.json").write_text(json.dumps(content))

    return change


REMOTE = {"model_type": "unheard-of", "auto_map": {"AutoModel": "modeling.Model", "AutoConfig": "configuration.Config"}}


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (without("config.json"), "holds no config.json"),
        (write("config.json", b"{"), "config.json is not JSON"),
        (write("config.json", b"\xff\xfe"), "config.json is not JSON"),
        (write("config.json", b"[1]"), "config.json is no table of names and values"),
        (write("config.json", b"{}"), "has the architecture None, which is not known here"),
        (config(model_type="unheard-of"), "has the architecture unheard-of, which is not known here"),
        (config(model_type=["bert"]), "has the architecture .*bert.*, which is not known"),
        (config(**REMOTE), "brings a program of its own, which is never run here"),
        (config(hidden_size="wide"), "config.json does not describe a model of its architecture"),
        (config(hidden_size=-1), "its weights do not fit its config.json"),
        (config(hidden_size=24), "its weights do not fit its config.json"),
        (config(num_attention_heads=5), "its weights do not fit its config.json"),
        (config(num_attention_heads=0), "its weights do not fit its config.json"),
        (config(hidden_act="unheard-of"), "its weights do not fit its config.json"),
        (config(num_hidden_layers=3), "16 weights are missing, for example encoder.layer.2.attention.output"),
        (without(WEIGHTS), "holds no model.safetensors"),
        (pickled, "holds its weights in a format that can run programs, which is never opened"),
        (write(WEIGHTS, b""), "model.safetensors is damaged or cut short"),
        (write(WEIGHTS, b"\x08" + 99 * b"\0"), "model.safetensors is damaged or cut short"),
        (cut, "model.safetensors is damaged or cut short"),
        (sharded([]), "model.safetensors.index.json is damaged"),
        (sharded({"weight_map": {"w": "a-1.safetensors"}}), "a-1.safetensors is missing, one of 1 files"),
        (without("tokenizer.json"), "holds no tokenizer"),
        (without("tokenizer.json", "tokenizer_config.json"), "holds no tokenizer"),
        (write("tokenizer.json", b"{}"), "its tokenizer cannot be read"),
        (write("tokenizer.json", b"\0"), "its tokenizer cannot be read"),
    ],
)
def test_a_spoilt_folder_is_told_in_one_sentence(sound, tmp_path, spoil, words, attempts):
    folder = tmp_path / "spoilt"
    shutil.copytree(sound, folder)
    spoil(folder)
    with pytest.raises(ModelError, match=words) as caught:
        load(str(folder))
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert attempts == []


def test_an_index_never_leads_out_of_the_folder(sound, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(sound, folder)
    (folder / WEIGHTS).rename(tmp_path / "outside.safetensors")
    (folder / f"{WEIGHTS}.index.json").write_text(json.dumps({"weight_map": {"w": "../outside.safetensors"}}))
    with pytest.raises(ModelError, match=r"outside.safetensors is missing, one of 1 files"):
        load(str(folder))


def test_a_folder_that_names_a_program_for_a_known_architecture_is_opened_without_it(sound, tmp_path):
    folder = tmp_path / "known"
    shutil.copytree(sound, folder)
    config(auto_map={"AutoModel": "modeling.Model"})(folder)
    (folder / "modeling.py").write_text("raise SystemExit('the program was run')")
    assert load(str(folder)).recorded


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("/no/such/folder", "there is no folder '/no/such/folder' on this machine"),
        ("a/b/c", "there is no folder 'a/b/c'"),
        ("https://example.org/model", "there is no folder 'https://example.org/model'"),
        ("nul\0l", "there is no folder"),
        ("", "a name of 0 characters is no model"),
        ("   ", "a name of 3 characters is no model"),
        (5000 * "a", "a name of 5000 characters is no model"),
        (999 * "a", "cannot be the name of a folder"),
    ],
)
def test_a_name_that_is_no_model_is_told_without_the_network(name, words, attempts):
    with pytest.raises(ModelError, match=words):
        load(name)
    assert attempts == []


def test_a_name_of_the_hub_that_cannot_be_reached_is_told(attempts):
    with pytest.raises(ModelError, match=r"nobody/nothing is no folder .* and could not be fetched") as caught:
        load("nobody/nothing")
    assert attempts, "the hub was not asked"
    assert "\n" not in str(caught.value)


def test_a_tokenizer_that_needs_a_package_is_told(sound, monkeypatch):
    def missing(*_: object, **__: object) -> None:
        raise ImportError("requires the SentencePiece library")

    monkeypatch.setattr(loading.AutoTokenizer, "from_pretrained", missing)
    with pytest.raises(
        ModelError, match="its tokenizer needs a package that is not installed, most often sentencepiece"
    ):
        load(str(sound))


def test_a_model_without_attention_is_told(tmp_path):
    mamba = folders.model_of("mamba", vocab_size=101, hidden_size=12, num_hidden_layers=2)
    with pytest.raises(ModelError, match="has no matrix of attention weights to show"):
        load(folders.save(tmp_path / "mamba", mamba, folders.word_pieces()))


def test_a_picture_model_needs_no_tokenizer(tmp_path):
    model = load(folders.save(tmp_path / "vit", folders.model_of("vit", **IMAGE), None))
    assert (model.kind, model.tokenizer, model.n_layers, model.n_heads) == ("vision", None, 2, 3)


def test_the_words_of_a_library_stay_as_the_cause():
    with pytest.raises(ModelError, match="our words") as caught, told_as("our words"):
        raise KeyError("its words")
    assert isinstance(caught.value.__cause__, KeyError)


def test_a_panic_of_a_rust_library_is_told_and_an_interrupt_is_not():
    panic = type("PanicException", (BaseException,), {})
    with pytest.raises(ModelError), told_as("our words"):
        raise panic
    with pytest.raises(KeyboardInterrupt), told_as("our words"):
        raise KeyboardInterrupt
