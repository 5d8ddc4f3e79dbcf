"""A folder that the library can open opens; one that cannot be opened is told what it is, and nothing else is blamed."""

import json
from pathlib import Path

import pytest
import transformers
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    ByT5Tokenizer,
    EsmTokenizer,
    FSMTConfig,
    FSMTForConditionalGeneration,
    FSMTTokenizer,
)

from core.models.errors import ModelError
from core.models.loading import load
from core.models.reading import read
from tests.core.models import folders
from tests.core.models.families import SEQ2SEQ, TEXT

pytestmark = pytest.mark.usefixtures("no_models")

SAME = {"hidden_size": 12, "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 17}
T5 = {"d_model": 12, "d_kv": 4, "d_ff": 16, "num_layers": 2, "num_heads": 3, "decoder_start_token_id": 0}


def change(folder: Path, **said: object) -> None:
    """Let the config of a folder say something else."""
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | said))


def test_a_model_of_bytes_needs_no_file_with_a_vocabulary(tmp_path):
    name = folders.save(tmp_path, folders.model_of("t5", vocab_size=384, **T5), ByT5Tokenizer(model_max_length=30))
    assert read(load(name), "é a", "b").tokens.pieces == ("‹C3›", "##‹A9›", "␣", "##a", "</s>")


def test_a_vocabulary_with_a_name_of_its_own_is_found(tmp_path):
    (tmp_path / "residues.txt").write_text("\n".join(["<cls>", "<pad>", "<eos>", "<unk>", *"LAGVSERTIDPKQNFYMHWC"]))
    model = folders.model_of("esm", **TEXT, mask_token_id=3, position_embedding_type="rotary")
    name = folders.save(tmp_path / "esm", model, EsmTokenizer(str(tmp_path / "residues.txt")))
    assert read(load(name), "MKT").tokens.pieces == ("<cls>", "M", "K", "T", "<eos>")


@pytest.mark.parametrize("whole_by_its_config", [False, True])
@pytest.mark.parametrize("family", ["T5", "UMT5", "MT5"])
def test_the_encoder_half_of_a_translator_opens_as_an_encoder(tmp_path, family, whole_by_its_config):
    """As sentence encoders and models of proteins are: T5's encoder alone."""
    sizes = {name: value for name, value in T5.items() if name != "decoder_start_token_id"}
    config = getattr(transformers, f"{family}Config")(vocab_size=270, **sizes)
    folders.save(tmp_path, getattr(transformers, f"{family}EncoderModel")(config), folders.sentence_pieces())
    if whole_by_its_config:
        change(tmp_path, architectures=[f"{family}ForConditionalGeneration"], is_encoder_decoder=True)
    loaded = load(str(tmp_path))
    assert (loaded.kind, loaded.n_layers, loaded.recorded) == ("encoder", 2, True)
    assert len(read(loaded, "the cat").encoder) == 2


def test_a_translator_that_lacks_more_than_its_decoder_is_not_taken_for_half_of_one(tmp_path):
    t5 = folders.model_of("t5", vocab_size=270, **T5)
    weights = {key: value for key, value in t5.state_dict().items() if "decoder" not in key and "block.1" not in key}
    t5.save_pretrained(tmp_path, state_dict=weights)
    with pytest.raises(ModelError, match="36 weights are missing"):
        load(str(tmp_path))


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ({"quantization_config": {"quant_method": "bitsandbytes", "load_in_4bit": True}}, r" \(bitsandbytes\)"),
        ({"quantization_config": {"quant_method": "gptq", "bits": 4}}, r" \(gptq\)"),
        ({"quantization_config": {"quant_method": "fp8"}}, r" \(fp8\)"),
        ({"quantization": {"group_size": 64, "bits": 4}}, ""),  # as MLX writes
    ],
)
def test_quantised_weights_are_named_as_such_and_nothing_is_to_be_fetched_again(tmp_path, said, name):
    folders.bert(tmp_path)
    change(tmp_path, **said)
    with pytest.raises(ModelError, match=f"holds quantised weights{name}, .*: choose the model that they were made of"):
        load(str(tmp_path))


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("model.Q4_K_M.gguf", "its weights as GGUF, the format of llama.cpp"),
        ("model.onnx", "its weights as ONNX"),
        ("tf_model.h5", "its weights as HDF5, the format of TensorFlow"),
        ("flax_model.msgpack", "its weights as msgpack, the format of Flax"),
        ("adapter_config.json", "an adapter and no model: merge it into the model that it was made for"),
    ],
)
@pytest.mark.parametrize("with_config", [True, False])
def test_a_foreign_format_is_named_as_such(tmp_path, file, told, with_config):
    if with_config:
        (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    (tmp_path / file).write_bytes(b"{}")
    with pytest.raises(ModelError, match=f"holds {told}"):
        load(str(tmp_path))


def test_a_translator_with_two_vocabularies_reads_each_text_with_its_own(tmp_path):
    """The same numbers stand for other pieces in source and target, and the library names both by the target's."""
    (tmp_path / "merges").write_text("#version: 0\nt h 9\nth e</w> 9\nc a 9\nca t</w> 9\nl e</w> 8\nca r</w> 1\n")
    marks = ["<s>", "<pad>", "</s>", "<unk>"]
    for side, words in (("source", ["the</w>", "cat</w>", "ca"]), ("target", ["ca", "le</w>", "car</w>"])):
        pieces = {piece: number for number, piece in enumerate(marks + words)}
        (tmp_path / f"{side}.json").write_text(json.dumps(pieces))
    files = {"src_vocab_file": "source.json", "tgt_vocab_file": "target.json", "merges_file": "merges"}
    tokenizer = FSMTTokenizer(langs=["en", "fr"], **{name: str(tmp_path / file) for name, file in files.items()})
    sizes = {name: size for name, size in SEQ2SEQ.items() if name != "vocab_size"}
    config = FSMTConfig(
        langs=["en", "fr"], src_vocab_size=11, tgt_vocab_size=11, **sizes | {"decoder_start_token_id": 2}
    )
    loaded = load(folders.save(tmp_path / "fsmt", FSMTForConditionalGeneration(config), tokenizer))
    found = read(loaded, "the cat", "le car")
    assert found.tokens.pieces == ("the", "cat", "</s>")
    assert found.target.pieces == ("</s>", "le", "car")
    assert found.target.ids == (2, 5, 6)
    assert read(loaded, "the cat", "le car").tokens == found.tokens


def test_a_model_that_merges_tokens_between_its_layers_is_refused_in_words(tmp_path):
    sizes = {"local_transformer_stride": 8, "downsampling_rate": 2, "upsampling_kernel_size": 4, "num_hash_buckets": 16}
    canine = folders.model_of("canine", **SAME | sizes | {"num_hash_functions": 4})
    name = folders.save(tmp_path, canine, folders.word_pieces())
    with pytest.raises(ModelError, match="merges tokens between its layers"):
        read(load(name), "the cat sat")


def test_the_token_with_which_a_decoder_begins_may_be_told_in_the_generation_config_alone(tmp_path):
    sizes = SEQ2SEQ | {"vocab_size": 300}
    name = folders.save(tmp_path, BartForConditionalGeneration(BartConfig(**sizes)), folders.sentence_pieces())
    change(tmp_path, decoder_start_token_id=None, bos_token_id=None)
    said = json.loads((tmp_path / "generation_config.json").read_text())
    (tmp_path / "generation_config.json").write_text(json.dumps(said | {"decoder_start_token_id": 5}))
    assert read(load(name), "the cat", "the").target.ids[0] == 5
