"""The model that copies, reverses and sorts as a folder that the transformers library opens, and back: a small Marian."""

from pathlib import Path

from tokenizers import Tokenizer, models, pre_tokenizers

from core.models import marian_format
from core.models.marian_format import Marks
from core.sequence.vocabulary import MARKS
from core.transformer.prefixes import END, PAD, SHOWN, START, TextToText


def tokenizer() -> Tokenizer:
    """Prefixes and letters, a token each, with spaces between them."""
    words = [*MARKS, *SHOWN[len(MARKS) :]]
    made = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, unk_token=None))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made.add_special_tokens([*MARKS])
    return made


def write(folder: Path, model: TextToText) -> None:
    """Weights in half precision, sizes and tokenizer, as `AutoModelForSeq2SeqLM` and `AutoTokenizer` open them."""
    marian_format.write_with(folder, model, tokenizer(), Marks(PAD, START, END))


def read(folder: Path) -> TextToText:
    """The model as `write` left it, in single precision. Raises ModelError in words where something is missing or damaged."""
    return marian_format.read_as(TextToText, folder)
