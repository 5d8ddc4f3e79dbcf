"""The hub is asked for a model by its name and after the button, and by nothing that a file says."""

import json
import threading
from pathlib import Path

import pytest
import torch
from huggingface_hub import get_session
from huggingface_hub.errors import OfflineModeIsEnabled
from safetensors.torch import save_file
from transformers import ViTConfig, ViTModel

from core.models import folder, hub, introspection
from core.models.errors import ModelError
from core.models.loading import load
from tests.core.models import folders
from tests.core.models.families import IMAGE

pytestmark = pytest.mark.usefixtures("no_models")


class Asked(Exception):
    """A request left this program."""


@pytest.fixture
def outside(monkeypatch):
    """The hub, as far as this program knows: whoever asks it ends here."""

    def send(*_, **__):
        raise Asked

    monkeypatch.setattr("huggingface_hub.constants.is_offline_mode", lambda: False)
    monkeypatch.setattr(
        type(get_session()), "_send_handling_redirects", lambda self, request, **_: self_asked(self, request)
    )

    def self_asked(client, request):
        for hook in client.event_hooks["request"]:
            hook(request)
        send()


def test_while_a_model_is_opened_its_thread_reaches_no_hub_and_another_one_does(outside):
    found = []

    def ask() -> None:
        try:
            get_session().get("https://huggingface.co/api/models/owner/name")
        except (Asked, OfflineModeIsEnabled) as error:
            found.append(type(error))

    with hub.unasked():
        ask()
        other = threading.Thread(target=ask)
        other.start()
        other.join()
    ask()
    assert found == [OfflineModeIsEnabled, Asked, Asked]


@pytest.mark.parametrize(
    "config",
    [
        {"model_type": "dpt", "backbone": "owner/name", "backbone_config": None},
        {"model_type": "maskformer", "backbone": "owner/name"},
        {"model_type": "vision-encoder-decoder", "encoder": {"model_type": "dpt", "backbone": "owner/name"}},
        {"model_type": "dpt", "parts": [{"backbone": "owner/name"}]},
    ],
)
def test_a_configuration_that_names_another_model_fetches_none(config, tmp_path, outside):
    (tmp_path / "config.json").write_text(json.dumps(config))
    save_file({"w": torch.zeros(2)}, tmp_path / "model.safetensors")
    with pytest.raises(ModelError, match="names another model, 'owner/name', as its backbone"):
        load(str(tmp_path))


def test_whatever_else_a_library_wants_while_it_opens_a_folder_is_refused(tmp_path, outside, monkeypatch):
    name = folders.bert(tmp_path / "bert")
    monkeypatch.setattr(
        "core.models.loading.AutoConfig.from_pretrained", lambda *_, **__: get_session().get("https://x.example")
    )
    with pytest.raises(ModelError, match="does not describe a model") as told:
        load(name)
    assert isinstance(told.value.__cause__, OfflineModeIsEnabled)


def cached(monkeypatch, tmp_path: Path, *names: str) -> Path:
    """A cache in which these files of a model lie."""
    for each in names:
        (tmp_path / each).write_text("{}")
    monkeypatch.setattr(
        folder, "try_to_load_from_cache", lambda _, name: str(tmp_path / name) if name in names else None
    )
    return tmp_path


def test_a_model_of_which_the_configuration_alone_was_fetched_waits_for_the_button(monkeypatch, tmp_path):
    cached(monkeypatch, tmp_path, "config.json")
    assert folder.must_be_fetched("owner/name")


def test_a_model_that_was_fetched_whole_is_opened_without_asking(monkeypatch, tmp_path, outside):
    found = cached(monkeypatch, tmp_path, "config.json", "model.safetensors")
    assert not folder.must_be_fetched("owner/name")
    assert folder.find("owner/name") == found


@pytest.mark.parametrize(
    "config",
    [
        ViTConfig(image_size=8000, patch_size=4000),
        ViTConfig(image_size=224, num_channels=1_000_000),
        ViTConfig(image_size=2000, patch_size=1, num_channels=1),
        ViTConfig(image_size=[8000, 8000]),
    ],
    ids=["a large picture", "many channels", "many patches", "two sides"],
)
def test_what_a_configuration_says_of_its_pictures_is_bounded_before_one_is_made(config, monkeypatch):
    """A folder of 16 KB could take gigabytes."""
    with torch.device("meta"):
        model = ViTModel(config)
    made = []
    monkeypatch.setattr(introspection.torch, "randn", lambda *shape, **_: made.append(shape))
    with pytest.raises(ModelError, match=r"m says that it reads [\d,]+ x [\d,]+ x [\d,]+ numbers at once"):
        introspection._inputs("m", model, {"pixel_values"})
    assert made == []


def test_a_usual_picture_is_tried():
    model = ViTModel(ViTConfig(**IMAGE))
    assert introspection._inputs("m", model, {"pixel_values"})["pixel_values"].ndim == 4
