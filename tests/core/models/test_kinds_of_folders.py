"""A folder that the library can open opens; one that cannot be opened is told what it is, and nothing else is blamed."""

import pytest
from transformers import ByT5Tokenizer, EsmTokenizer

from core.models.loading import load
from core.models.reading import read
from tests.core.models import folders
from tests.core.models.families import TEXT

pytestmark = pytest.mark.usefixtures("no_models")

T5 = {"d_model": 12, "d_kv": 4, "d_ff": 16, "num_layers": 2, "num_heads": 3, "decoder_start_token_id": 0}


def test_a_model_of_bytes_needs_no_file_with_a_vocabulary(tmp_path):
    name = folders.save(tmp_path, folders.model_of("t5", vocab_size=384, **T5), ByT5Tokenizer(model_max_length=30))
    assert read(load(name), "é a", "b").tokens.pieces == ("‹C3›", "##‹A9›", "␣", "##a", "</s>")


def test_a_vocabulary_with_a_name_of_its_own_is_found(tmp_path):
    (tmp_path / "residues.txt").write_text("\n".join(["<cls>", "<pad>", "<eos>", "<unk>", *"LAGVSERTIDPKQNFYMHWC"]))
    model = folders.model_of("esm", **TEXT, mask_token_id=3, position_embedding_type="rotary")
    name = folders.save(tmp_path / "esm", model, EsmTokenizer(str(tmp_path / "residues.txt")))
    assert read(load(name), "MKT").tokens.pieces == ("<cls>", "M", "K", "T", "<eos>")
