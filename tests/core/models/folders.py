"""Small made-up folders as `save_pretrained` writes them: tiny models with random weights and their tokenizers."""

import json
from pathlib import Path
from typing import Any

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForImageTextToText,
    AutoModelForSeq2SeqLM,
    BlipForConditionalGeneration,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    VisionEncoderDecoderConfig,
    VisionEncoderDecoderModel,
)

from tests.core.models.families import IMAGE, LLAMA, SEQ2SEQ, SWIN, TEXT
from tests.core.shapes import normal

SPECIAL = {
    "unk_token": "[UNK]",
    "pad_token": "[PAD]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}
WORDS = ["the", "cat", "sat", "play", "##ing", "##s", ",", ".", "<", ">", "b", "/", "$", "x", "^", "2", "*", "م", "##ر"]
LIMIT = 13


def word_pieces() -> PreTrainedTokenizerFast:
    """A tokenizer like BERT's."""
    vocabulary = {piece: number for number, piece in enumerate([*SPECIAL.values(), *WORDS])}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(piece, vocabulary[piece]) for piece in ("[CLS]", "[SEP]")],
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=LIMIT, **SPECIAL)


def byte_pieces() -> PreTrainedTokenizerFast:
    """A tokenizer like GPT-2's: every byte has a sign, and some bytes go together."""
    together = [("c", "a"), ("ca", "t"), ("Ġ", "cat"), ("p", "l"), ("i", "n"), ("in", "g"), ("Ġ", "pl"), ("ð", "Ł")]
    signs = [*sorted(pre_tokenizers.ByteLevel.alphabet()), *("".join(pair) for pair in together), "<|endoftext|>"]
    tokenizer = Tokenizer(models.BPE({sign: number for number, sign in enumerate(signs)}, together))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|endoftext|>", model_max_length=LIMIT)


def sentence_pieces() -> PreTrainedTokenizerFast:
    """A tokenizer like T5's and Llama's: a sign marks the space before a word, and unknown signs fall into bytes."""
    known = ["▁", "▁the", "▁cat", "▁play", "ing", "s", ".", *(f"<0x{byte:02X}>" for byte in range(256))]
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *((piece, -1.0) for piece in known)]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=2, byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    special = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=LIMIT, **special)


def unsplit_pieces() -> PreTrainedTokenizerFast:
    """A tokenizer like Llama's: to it, the whole text is one word with signs for spaces in it."""
    tokenizer = sentence_pieces()
    backend = tokenizer.backend_tokenizer
    backend.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    backend.pre_tokenizer = pre_tokenizers.Split("\n", "isolated")
    return tokenizer


def clip_pieces() -> PreTrainedTokenizerFast:
    """A tokenizer like CLIP's: a sign marks the end of a word."""
    together = [("i", "n"), ("in", "g</w>"), ("c", "a"), ("ca", "t</w>"), ("p", "l")]
    signs = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = [*signs, *(f"{sign}</w>" for sign in signs), *("".join(pair) for pair in together)]
    model = models.BPE(
        {sign: number for number, sign in enumerate(vocabulary)}, together, end_of_word_suffix="</w>", unk_token="a"
    )
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(" ", "removed"), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token=AddedToken("<pad>"), model_max_length=LIMIT)


def model_of(model_type: str, door: Any = AutoModel, **settings: Any) -> PreTrainedModel:
    """A tiny model whose weights are large enough to make attention uneven. door: the library's class that makes it."""
    torch.manual_seed(7)
    return uneven(door.from_config(AutoConfig.for_model(model_type, **settings)))


def save(folder: Path, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast | None) -> str:
    """A folder of a model, by its name."""
    model.save_pretrained(folder)
    if tokenizer is not None:
        tokenizer.save_pretrained(folder)
    return str(folder)


def bert(folder: Path, **settings: Any) -> str:
    return save(folder, model_of("bert", **TEXT | {"pad_token_id": 1} | settings), word_pieces())


def gpt2(folder: Path) -> str:
    sizes = {"vocab_size": 300, "n_embd": 12, "n_layer": 2, "n_head": 3, "n_positions": 11}
    return save(folder, model_of("gpt2", **sizes, bos_token_id=264, eos_token_id=264), byte_pieces())


def causal(
    folder: Path, model_type: str = "llama", tokenizer: PreTrainedTokenizerFast | None = None, **settings: Any
) -> str:
    """A model that goes on with a text, of one of the families that share their names of sizes."""
    sizes = LLAMA | {"vocab_size": 300, "bos_token_id": 264, "eos_token_id": 264, "pad_token_id": None} | settings
    model = model_of(model_type, AutoModelForCausalLM, **sizes)
    if tokenizer is None:
        tokenizer = byte_pieces()
        tokenizer.bos_token, tokenizer.model_max_length = "<|endoftext|>", 37
    return save(folder, model, tokenizer)


def t5(folder: Path) -> str:
    sizes = {"vocab_size": 300, "d_model": 12, "d_kv": 5, "d_ff": 17, "num_layers": 2, "num_decoder_layers": 3}
    return save(folder, model_of("t5", **sizes, num_heads=3, decoder_start_token_id=0), sentence_pieces())


def bart(folder: Path, tokenizer: PreTrainedTokenizerFast | None = None) -> str:
    sizes = SEQ2SEQ | {"vocab_size": 300, "decoder_start_token_id": 1}
    return save(folder, model_of("bart", **sizes), tokenizer or sentence_pieces())


def writes(make: Any, folder: Path) -> str:
    """An encoder-decoder with the layer behind the last one, which `make` saves without."""
    name = make(folder)
    sizes = AutoConfig.from_pretrained(name).to_diff_dict() | {"architectures": None}
    model = model_of(sizes.pop("model_type"), AutoModelForSeq2SeqLM, **sizes)
    model.save_pretrained(folder)
    return name


SQUARE = {"do_normalize": True, "do_rescale": True, "image_mean": [0.5] * 3, "image_std": [0.4] * 3}
GPT2 = {"n_embd": 12, "n_layer": 2, "n_head": 3, "n_positions": 37, "bos_token_id": 264, "eos_token_id": 264}
BART = {"d_model": 18, "decoder_layers": 2, "decoder_attention_heads": 3, "decoder_ffn_dim": 17}
DECODERS = {
    "gpt2": GPT2,
    "bert": TEXT,
    "trocr": BART | {"max_position_embeddings": 37, "bos_token_id": 2, "eos_token_id": 3},
}


def captioner(folder: Path, decoder: str = "gpt2", encoder: str = "vit", **more: Any) -> str:
    """A model that writes of pictures: a half that sees, a half that writes."""
    seeing = AutoConfig.for_model(encoder, **(SWIN | more if encoder == "swin" else IMAGE | more))
    writing = AutoConfig.for_model(decoder, **DECODERS[decoder] | {"vocab_size": 300})
    config = VisionEncoderDecoderConfig.from_encoder_decoder_configs(seeing, writing)
    config.decoder_start_token_id, config.pad_token_id, config.eos_token_id = 264, 1, 3
    return _sees(folder, uneven(VisionEncoderDecoderModel(config)), byte_pieces())


def blip(folder: Path) -> str:
    """The same in one class of the library's; its first token is one that its tokenizer does not have."""
    text = TEXT | {"vocab_size": 300, "bos_token_id": 299, "sep_token_id": 3, "pad_token_id": 1}
    config = AutoConfig.for_model("blip", text_config=text, vision_config=IMAGE, projection_dim=5)
    return _sees(folder, uneven(BlipForConditionalGeneration(config)), byte_pieces())


def prefixed(folder: Path, kind: str) -> str:
    """A model that writes of pictures and reads each before its text, without a mark for it: "git", "blip-2"."""
    text = LLAMA | {"vocab_size": 300, "model_type": "llama"}
    parts: dict[str, dict[str, Any]] = {
        "git": TEXT | {"vocab_size": 300, "vision_config": IMAGE},
        "blip-2": {"vision_config": IMAGE, "text_config": text, "qformer_config": TEXT | {"encoder_hidden_size": 12}},
    }
    model = AutoModelForImageTextToText.from_config(AutoConfig.for_model(kind, **parts[kind]))
    return _sees(folder, model, byte_pieces())


def uneven(model: PreTrainedModel) -> PreTrainedModel:
    model.eval().requires_grad_(False)
    for index, parameter in enumerate(model.parameters()):
        parameter += 0.3 * normal(*parameter.shape or (1,), seed=index).reshape(parameter.shape)
    return model


def _sees(folder: Path, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> str:
    tokenizer.model_max_length = 37
    name = save(folder, model, tokenizer)
    (folder / "preprocessor_config.json").write_text(json.dumps(SQUARE | {"image_processor_type": "ViTImageProcessor"}))
    return name
