"""Open a model once, keep it, share it: the offline one, a folder of this machine, or one from the Hugging Face Hub."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context
from pathlib import Path
from typing import Any, cast

import torch
import transformers
from torch import nn
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    AutoProcessor,
    AutoTokenizer,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    ProcessorMixin,
)
from transformers.models.auto.auto_factory import _BaseAutoModelClass
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES,
)
from transformers.utils.logging import disable_progress_bar

from core import settings
from core.host import still_wanted
from core.memory import MEMORY
from core.models import device as devices
from core.models import folder as folders
from core.models import hub, offline
from core.models.errors import ModelError, told_as
from core.models.halves import READ, WHOLE, halves_of, is_among, unread, written_for
from core.models.introspection import Findings, introspect
from core.models.loaded import LoadedModel
from core.models.picture_source import tried
from core.models.pretrained import IMPLEMENTATION
from core.numerals import how_many

__all__ = ["LoadedModel", "ModelError", "load"]

_ENCODER_HALF = "EncoderModel"
NO_LIMIT = 1_000_000_000  # tokenizers without a limit name a number beyond all texts

Door = type[_BaseAutoModelClass] | type[PreTrainedModel]

disable_progress_bar()


def load(name: str, device: str | None = None) -> LoadedModel:
    """Open a model, or hand out the one that is open already. Threads that ask together wait for one loading.

    name     the offline model's, a folder, or owner/name of the Hugging Face Hub. Only safetensors are opened, and no
             program that comes with a model is ever run.
    device   as `device.pick`; None = the picked one.
    Raises   ModelError, or ValueError for a device that does not exist.
    """
    place = devices.pick(device)

    def opened() -> LoadedModel:
        # in a context of its own: the trial run belongs to nobody's `record` or `ablate`
        return Context().run(_open, name, place)

    return MEMORY.keep((load.__qualname__, name, str(place)), opened, _n_bytes, stays=name in offline.NAMES)


def _n_bytes(loaded: LoadedModel) -> int:
    """What the numbers of a model take."""
    numbers = (*loaded.model.parameters(), *loaded.model.buffers())
    return sum({each.untyped_storage().data_ptr(): each.untyped_storage().nbytes() for each in numbers}.values())


@contextmanager
def borrowed(model: Any, tokenizer: Any) -> Iterator[LoadedModel]:
    """A model that somebody opened by themselves, with `attend` inside for the block. Behind it, it is as it was before.

    tokenizer   None for a model that reads no text.
    Raises   ModelError for what is no model or tokenizer of the library, or has no attention to show.
    """
    if not isinstance(model, PreTrainedModel):
        raise ModelError(
            f"{type(model).__name__} is no model of the transformers library: give what AutoModel.from_pretrained opened"
        )
    if tokenizer is not None and not isinstance(tokenizer, PreTrainedTokenizerBase):
        raise ModelError(
            f"{type(tokenizer).__name__} is no tokenizer of the transformers library: give what "
            "AutoTokenizer.from_pretrained opened"
        )
    name = model.name_or_path or type(model).__name__
    before, training = model.config._attn_implementation, model.training
    try:
        model.eval()
        model.set_attn_implementation(IMPLEMENTATION)
        found = introspect(name, model)
        yield _loaded(name, model, tokenizer, model.device, found)
    finally:
        model.set_attn_implementation(before)
        model.train(training)


def _open(name: str, place: torch.device) -> LoadedModel:
    folder = folders.find(name)
    with hub.unasked():
        return _opened(name, folder, place)


def _opened(name: str, folder: Path, place: torch.device) -> LoadedModel:
    folders.check(name, folder)
    with told_as(f"{name}: {folders.CONFIG} does not describe a model of its architecture; fetch the file again"):
        config = AutoConfig.from_pretrained(folder, **folders.LOCAL)
    still_wanted()
    try:
        model = _weights(name, folder, config)
    except ModelError as error:
        raise _rather(name, config, error) from error
    still_wanted()
    with told_as(f"{name} does not fit into the memory of {devices.describe(place)}: choose a smaller model"):
        model = model.to(place).eval().requires_grad_(False)
    try:
        found = introspect(name, model)
    except ModelError as error:
        raise _rather(name, config, error) from error
    tokenizer = None
    if found.kind in ("encoder", "decoder", "encoder-decoder", "captioner"):
        tokenizer = _tokenizer(name, folder)
    halves = halves_of(model)
    if halves is None or halves.token is None:
        return _loaded(name, model, tokenizer, place, found)
    processor = _processor(name, folder)
    # some add their marks to the tokenizer
    loaded = _loaded(name, model, processor.tokenizer, place, found, processor)
    tried(loaded)
    return loaded


def _rather(name: str, config: PreTrainedConfig, error: ModelError) -> ModelError:
    """What is said of a model that cannot be opened: of one that no way of reading pictures here fits, that."""
    known = is_among(_class(written_for(config)))
    return error if known or (why := unread(name, config)) is None else ModelError(why)


def _loaded(
    name: str,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase | None,
    place: torch.device,
    found: Findings,
    processor: ProcessorMixin | None = None,
) -> LoadedModel:
    """A model with what was found out about it."""
    return LoadedModel(
        name,
        model,
        tokenizer,
        place,
        found.kind,
        found.groups,
        found.stacks,
        found.n_heads,
        _max_tokens(model, tokenizer),
        found.recorded,
        processor,
    )


def _weights(name: str, folder: Path, config: PreTrainedConfig) -> PreTrainedModel:
    """The model with every weight from the file: the library would fill gaps with random numbers."""
    with told_as(f"{name}: its weights do not fit its {folders.CONFIG}; fetch both files again"):
        model, missing = _from_pretrained(_door(config), folder, config)
        half = _half(type(model))
        # weights of an encoder-decoder that was cut in half: sentence encoders and models of proteins are
        if half is not None and missing and all("decoder" in key or "lm_head" in key for key in missing):
            model, missing = _from_pretrained(half, folder, config)
    if missing:
        raise ModelError(
            f"{name}: {how_many(len(missing), 'weight is', 'weights are')} missing, for example {missing[0]}; fetch the weights "
            "again"
        )
    return model


def _from_pretrained(door: Door, folder: Path, config: PreTrainedConfig) -> tuple[PreTrainedModel, list[str]]:
    """A model with `attend` inside, and which of its weights are missing."""
    how: dict[str, Any] = {
        "dtype": torch.float32,
        "use_safetensors": True,
        "output_loading_info": True,
        **folders.LOCAL,
    }
    try:
        opened = door.from_pretrained(folder, config=config, attn_implementation=IMPLEMENTATION, **how)
    except KeyError as error:
        if error.args != (IMPLEMENTATION,):
            raise
        # some families look their attention up in a table of their own, and are then read without `attend`
        opened = door.from_pretrained(folder, config=config, attn_implementation="eager", **how)
    # the library's types do not know of the report that it was asked for
    model, report = cast("tuple[PreTrainedModel, dict[str, Any]]", opened)
    return model, sorted(key for key in report["missing_keys"] if "pooler" not in key)


def _door(config: PreTrainedConfig) -> Door:
    """The library's class that also opens the layer behind the last one, if these weights have it: it writes texts."""
    architecture = written_for(config)
    if (whole := _class(architecture)) is not None and (architecture in WHOLE or is_among(whole)):
        return whole
    if architecture in MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES.values():
        return AutoModelForSeq2SeqLM
    if architecture in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.values():
        return AutoModelForCausalLM
    if architecture.endswith(_ENCODER_HALF) and (half := _class(architecture)) is not None:
        return half
    return AutoModel


def _half(whole: type[PreTrainedModel]) -> type[PreTrainedModel] | None:
    """The library's class for the encoder of an encoder-decoder, if it has one."""
    family = whole.__name__.removesuffix("ForConditionalGeneration").removesuffix("Model")
    return _class(family + _ENCODER_HALF)


def _class(name: str) -> type[PreTrainedModel] | None:
    found = getattr(transformers, name, None)
    return found if isinstance(found, type) and issubclass(found, PreTrainedModel) else None


def _tokenizer(name: str, folder: Path) -> PreTrainedTokenizerBase:
    none = ModelError(f"{name} holds no tokenizer: give a folder with tokenizer.json")
    with told_as(f"{name}: its tokenizer cannot be read; fetch {_vocabularies(folder) or 'its files'} again"):
        try:
            # the library's classes may be None where its tokenizers are not installed: here they are
            tokenizer = cast("PreTrainedTokenizerBase", AutoTokenizer.from_pretrained(folder, **folders.LOCAL))
        except ImportError as error:
            needed = re.search(r"install (\w+) to use", str(error))
            package = needed[1] if needed else "a package that is not installed, most often sentencepiece"
            raise ModelError(f"{name}: its tokenizer needs {package}: install it") from error
        except Exception as error:
            if not _vocabularies(folder):
                raise none from error
            raise
    # a tokenizer of bytes needs no file; for the others the library makes up one that knows nothing but its own marks
    if tokenizer.vocab_files_names and len(set(tokenizer.get_vocab()) - set(tokenizer.all_special_tokens)) < 2:
        raise none
    return tokenizer


def _processor(name: str, folder: Path) -> ProcessorMixin:
    """What says of a model that reads pictures as tokens where they stand in its text."""
    with told_as(
        f"{name} holds no processor that can be read here: give a folder with processor_config.json, as the library's "
        "processor of a model of this kind saves it with save_pretrained"
    ):
        try:
            processor = AutoProcessor.from_pretrained(folder, **folders.LOCAL)
        except (ImportError, ValueError) as error:
            if (needed := re.search(r"install `?(\w+)", str(error))) is None:
                raise
            raise ModelError(f"{name}: its processor needs {needed[1]}: install it, or choose {READ}") from error
        if not isinstance(processor, ProcessorMixin) or not hasattr(processor, "image_processor"):
            raise TypeError(f"a {type(processor).__name__} reads no pictures with texts")
    return processor


def _vocabularies(folder: Path) -> str:
    """The files of a folder that may hold a vocabulary."""
    config = {folders.CONFIG, "tokenizer_config.json", "special_tokens_map.json"}
    endings = {".model", ".spm", ".txt"}
    found = [f.name for f in folder.iterdir() if f.suffix in endings or (re.match("tokenizer|.*vocab", f.name))]
    return " and ".join(sorted(set(found) - config))


def _max_tokens(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase | None) -> int:
    """What the model has positions for and its tokenizer promises; without a limit, as many as the program reads."""
    halves = halves_of(model)
    model = model if halves is None else halves.writes
    config = model.config.get_text_config() if halves is not None and halves.among else model.config
    limits = [getattr(config, "max_position_embeddings", None), getattr(tokenizer, "model_max_length", None)]
    for name, part in model.named_modules():
        # RoBERTa and its relatives keep the first positions for filling
        if name.endswith("position_embeddings") and isinstance(part, nn.Embedding) and part.padding_idx is not None:
            limits.append(part.num_embeddings - part.padding_idx - 1)
    known = [int(limit) for limit in limits if isinstance(limit, int | float) and 0 < limit < NO_LIMIT]
    return min(known, default=settings.MAX_TOKENS)
