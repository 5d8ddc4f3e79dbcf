"""What a Transformer that reads and writes is made of, and what each of its heads looks at."""

from torch import nn

from core.analysis.alignment import agreement
from core.experiments.claim import Finding, Number, claim
from core.experiments.measure import largest
from core.models import checkpoints
from core.sequence.transformer import TrainedTransformer
from core.transformer.block import Block
from core.transformer.encoder_decoder import DecoderBlock

RECURRENT = "translator-attention"
POINTS, ELSEWHERE = 0.6, 0.4  # shares of the words from which on a head points, and below which it does not
D, D_FF = 64, 256


@claim(
    said="Cross-attention points at the word that is being translated.",
    verdict="imprecise",
    instead="Some heads do. Others have their largest weights elsewhere: their map is no alignment.",
    sources=("voita2019", "garg2019"),
)
def points_at_the_word(translator: TrainedTransformer, text: str, seed: int) -> Finding:
    """How often the largest weight of each head lies where the recurrent translator has its own, for the same two sentences."""
    made = translator.translate(text)
    read, target = (translator.bare(each).words for each in (made.source, made.target))
    if not target:
        return Finding((Number("words", 0, "d"),), holds=False, says="Your translation has 0 words.")
    own = checkpoints.load_translator(RECURRENT).align(read, target, knowing=False)
    shares = agreement(translator.aligned_by(read, target), own).flatten()
    best, least = float(shares.max()), float(shares.min())
    return Finding(
        (
            Number("heads", len(shares), "d"),
            Number("best head agrees, of 1", best, ".2f"),
            Number("least head agrees, of 1", least, ".2f"),
        ),
        holds=best >= POINTS and least <= ELSEWHERE,
        says=f"Of {len(shares)} heads one has its largest weight where the recurrent translator has its own in {best:.0%} of "
        f"your translation's words, and another in {least:.0%}.",
    )


@claim(
    said="GPT is the decoder of the Transformer.",
    verdict="imprecise",
    instead="It is the decoder without cross-attention. What is left is a block of the encoder, and a mask.",
    sources=("radford2018",),
    identity=True,
)
def gpt_is_the_decoder(translator: TrainedTransformer, text: str, seed: int) -> Finding:
    """Numbers in a block that reads, in one that writes, and in that without its cross-attention and its norm."""
    reads = Block(D, 4, d_ff=D_FF, norm_place="post", feed_forward="relu")
    writes = DecoderBlock(D, 4, d_ff=D_FF)
    cross = numbers_in(writes.cross) + numbers_in(writes.norm_cross)
    formula = 12 * D**2 + 13 * D
    numbers = (
        Number("a block that reads", numbers_in(reads), ",d"),
        Number("12D² + 13D", formula, ",d"),
        Number("a block that writes", numbers_in(writes), ",d"),
        Number("of these, cross-attention", cross, ",d"),
    )
    return Finding(
        numbers,
        holds=numbers_in(writes) - cross == numbers_in(reads) == formula,
        says=f"At {D} numbers a token, a block that writes has {numbers[2].text} parameters; without the {numbers[3].text} of "
        f"its cross-attention it has those of a block that reads, {numbers[0].text}.",
    )


def numbers_in(module: nn.Module) -> int:
    """How many numbers are learned in it."""
    return sum(parameter.numel() for parameter in module.parameters())


@claim(
    said="The encoder is one block that is passed several times.",
    verdict="wrong",
    instead="It is a stack of blocks, each with weights of its own.",
    sources=("vaswani2017",),
)
def one_block(translator: TrainedTransformer, text: str, seed: int) -> Finding:
    """The encoder's output against that of its first block, passed as often as there are blocks."""
    read = translator.translate(text).read
    stream, blocks = read.entered, translator.model.encoder
    for _ in blocks:
        stream = blocks[0](stream, read.memory.allowed).resid_post
    apart = largest(stream - read.memory.states)
    size = largest(read.memory.states)
    return Finding(
        (
            Number("blocks", len(blocks), "d"),
            Number("outputs differ by", apart, ".2f"),
            Number("largest number of them", size, ".2f"),
        ),
        holds=apart > 0.1 * size,
        says=f"Your sentence through the first block {len(blocks)} times comes out up to {apart:.2f} away from what the "
        f"{len(blocks)} blocks make of it, whose largest number is {size:.2f}.",
    )
