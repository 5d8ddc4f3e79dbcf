"""A model is opened once, shared, and let go when others are asked for; an open server opens only what it offers."""

import threading
import time
from fnmatch import fnmatch

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    AttentionInterface,
    AttentionMaskInterface,
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
)
from transformers.models.bert import modeling_bert

from core.memory import Memory
from core.models import checkpoints, loading, offline, pretrained
from core.models import folder as folder_module
from core.models.errors import ModelError
from core.models.loading import load
from core.models.reading import read
from tests.core.models import folders
from tests.core.models.families import IMAGE, SEQ2SEQ, TEXT
from tests.core.models.folders import LIMIT, model_of

BOUND = 83  # bytes: less than any model has

pytestmark = pytest.mark.usefixtures("no_models")


def test_the_offline_model_opens_as_what_it_is(attempts):
    model = load(offline.NAME)
    assert (model.kind, model.n_layers, model.n_heads, model.max_tokens, model.recorded) == (
        "encoder",
        6,
        12,
        512,
        True,
    )
    assert model.groups == ("encoder",) * 6
    assert attempts == []


@pytest.mark.parametrize(
    ("make", "kind", "groups", "max_tokens"),
    [
        (folders.bert, "encoder", ("encoder",) * 2, LIMIT),
        (folders.gpt2, "decoder", ("decoder",) * 2, 11),
        (folders.t5, "encoder-decoder", ("encoder",) * 2 + ("decoder", "cross") * 3, LIMIT),
        (folders.bart, "encoder-decoder", ("encoder",) * 2 + ("decoder", "cross") * 2, LIMIT),
    ],
)
def test_a_folder_opens_as_what_it_is(tmp_path, attempts, make, kind, groups, max_tokens):
    model = load(make(tmp_path / "model"))
    assert (model.kind, model.groups, model.max_tokens) == (kind, groups, max_tokens)
    assert (model.n_layers, model.n_heads, model.recorded) == (2, 3, True)
    assert not model.model.training
    assert not any(parameter.requires_grad for parameter in model.model.parameters())
    assert {parameter.dtype for parameter in model.model.parameters()} == {torch.float32}
    assert attempts == []


@pytest.mark.parametrize(
    ("model_type", "sizes", "kind"),
    [
        ("vit", IMAGE, "vision"),
        ("clip", {"text_config": TEXT, "vision_config": IMAGE, "projection_dim": 5}, "image-text"),
        ("whisper", SEQ2SEQ | {"num_mel_bins": 11, "max_source_positions": 13}, "audio"),
        (
            "wav2vec2",
            TEXT | {"conv_dim": [7], "conv_stride": [5], "conv_kernel": [10], "num_feat_extract_layers": 1},
            "audio",
        ),
    ],
)
def test_models_of_pictures_and_sounds_open_without_a_tokenizer(tmp_path, model_type, sizes, kind):
    more = {"num_conv_pos_embeddings": 4, "num_conv_pos_embedding_groups": 2} if model_type == "wav2vec2" else {}
    model = load(folders.save(tmp_path / "model", model_of(model_type, **sizes, **more), None))
    assert (model.kind, model.tokenizer, model.n_heads, model.recorded) == (kind, None, 3, True)


def test_positions_that_are_kept_for_filling_do_not_count(tmp_path):
    """RoBERTa has 37 positions, of which 0 and 1 belong to filling: 35 tokens, as long as the tokenizer allows more."""
    tokenizer = folders.word_pieces()
    tokenizer.model_max_length = 1000
    assert load(folders.save(tmp_path / "model", model_of("roberta", **TEXT), tokenizer)).max_tokens == 35


def test_a_tokenizer_whose_limit_is_no_number_has_none(tmp_path):
    name = folders.bert(tmp_path / "bert")
    (tmp_path / "bert" / "tokenizer_config.json").write_text('{"model_max_length": "many"}')
    assert load(name).max_tokens == 37


def test_weights_that_can_write_texts_open_with_the_layer_that_writes(tmp_path):
    sizes = SEQ2SEQ | {"vocab_size": 300, "decoder_start_token_id": 1}
    writers = {
        "gpt2": AutoModelForCausalLM.from_config(
            AutoConfig.for_model("gpt2", vocab_size=300, n_embd=12, n_layer=2, n_head=3, bos_token_id=1, eos_token_id=1)
        ),
        "bart": AutoModelForSeq2SeqLM.from_config(AutoConfig.for_model("bart", **sizes)),
    }
    for name, writer in writers.items():
        tokenizer = folders.sentence_pieces()
        model = load(folders.save(tmp_path / name, writer, tokenizer))
        assert type(model.model) is type(writer)
        assert model.n_layers == 2


def test_a_name_of_the_hub_is_fetched_without_what_could_run_a_program(monkeypatch, tmp_path):
    wanted: list[str] = []

    def fetch(name: str, allow_patterns: list[str], **_: object) -> str:
        wanted.extend(allow_patterns)
        return folders.bert(tmp_path / name)

    monkeypatch.setattr(folder_module, "snapshot_download", fetch)
    assert load("owner/model").name == "owner/model"
    for file in ("config.json", "model.safetensors", "vocab.txt", "tokenizer.json", "spiece.model", "source.spm"):
        assert any(fnmatch(file, pattern) for pattern in wanted)
    for file in ("pytorch_model.bin", "model.pt", "modeling.py", "model.h5", "weights.pkl"):
        assert not any(fnmatch(file, pattern) for pattern in wanted)


def test_a_model_is_opened_once_however_many_threads_ask(monkeypatch):
    opened = []
    gate = threading.Barrier(5)

    def slowly(name: str, place: torch.device) -> loading.LoadedModel:
        opened.append(name)
        time.sleep(0.05)
        return open_it(name, place)

    def ask() -> None:
        gate.wait()
        models.append(load(offline.NAME))

    open_it, models = loading._open, []
    monkeypatch.setattr(loading, "_open", slowly)
    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert opened == [offline.NAME]
    assert len(models) == 5
    assert len({id(model) for model in models}) == 1


def test_of_a_model_that_is_not_followed_a_damaged_file_is_told_as_damaged(tmp_path):
    name = folders.prefixed(tmp_path / "git", "git")
    weights = tmp_path / "git" / "model.safetensors"
    kept = load_file(weights)
    kept.pop(next(key for key in kept if key.endswith("attention.self.query.weight")))
    save_file(kept, weights, {"format": "pt"})
    with pytest.raises(
        ModelError, match=r"git: 1 weight is missing, for example .*query\.weight; fetch the weights again"
    ):
        load(name)


def test_the_trial_run_of_a_loading_is_nobodys_record_and_leaves_silenced_heads_to_the_reading():
    with pretrained.record(tensors=("weights", "output")) as layers, pretrained.ablate([(0, 5)]):
        model = load(offline.NAME)
        assert layers == []
        read(model, "one two")
    assert (layers[0].output[:, 5] == 0).all()
    assert (layers[1].output[:, 5] != 0).any()


def test_the_model_that_was_asked_for_longest_ago_goes_where_there_is_no_room_for_another(monkeypatch, tmp_path):
    taken: list[int] = []  # what the process has when it is next asked; then there is room again
    memory = Memory(BOUND, resident=lambda: taken.pop() if taken else 0, give_back=lambda: None)
    monkeypatch.setattr(loading, "MEMORY", memory)
    names = [folders.bert(tmp_path / name) for name in ("a", "b", "c")]
    offered = load(offline.NAME)
    first, second = load(names[0]), load(names[1])
    assert load(names[0]) is first
    taken.append(BOUND + 1)
    load(names[2])
    assert load(names[0]) is first
    assert load(names[1]) is not second
    assert load(offline.NAME) is offered


def test_a_failed_loading_is_forgotten_and_costs_no_other_model(tmp_path):
    kept = load(offline.NAME)
    with pytest.raises(ModelError, match="there is no folder"):
        load(str(tmp_path / "later"))
    assert load(offline.NAME) is kept
    folders.bert(tmp_path / "later")
    assert load(str(tmp_path / "later")).recorded


def test_a_device_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="there is no device 'tpu' here"):
        load(offline.NAME, device="tpu")


def test_a_family_whose_numbers_differ_with_attend_is_not_recorded(monkeypatch, tmp_path):
    """The library's own attention is changed, as a family with a rule of its own would: the difference is noticed."""
    name = folders.bert(tmp_path / "bert")
    own = modeling_bert.eager_attention_forward

    def halved(*arguments: object, **named: object) -> tuple[torch.Tensor, torch.Tensor]:
        output, weights = own(*arguments, **named)
        return output / 2, weights

    monkeypatch.setattr(modeling_bert, "eager_attention_forward", halved)
    assert not load(name).recorded


def test_importing_registers_the_attention_and_the_mask():
    assert pretrained.IMPLEMENTATION in AttentionInterface().valid_keys()
    assert pretrained.IMPLEMENTATION in AttentionMaskInterface().valid_keys()


def test_opening_one_of_our_models_leaves_the_random_numbers_of_others_alone():
    before = torch.get_rng_state()
    checkpoints.read(checkpoints.FOLDER / "captioner.safetensors", torch.device("cpu"))
    assert torch.equal(torch.get_rng_state(), before)
