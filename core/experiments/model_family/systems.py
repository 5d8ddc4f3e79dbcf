"""What systems can do by their mask and their objective: small models, some of them trained here and now."""

import random

import torch
from torch import nn

from core.experiments.claim import Finding, Number, claim
from core.experiments.model_family.given import Given
from core.models import checkpoints
from core.training import mirror, picture_rows
from core.transformer import prefixes
from core.transformer.mirror import HALF, LETTERS
from core.transformer.prefixes import TextToText
from core.vision import moving, pairs, scenes
from core.vision.image_text import ImageText
from core.vision.scenes import SIDE, Colour, Shape, Thing
from core.vision.video import Denoiser, cut_into_blocks, put_together

_ENOUGH = 0.95
_CHANCE = 1 / len(LETTERS)
_FEW = 0.2
_ROWS = 20
_TENTH = 0.1


@claim(
    said="BERT is an encoder that learns by filling in hidden words.",
    verdict="right",
    instead="It also learned to say whether two sentences follow each other. Its scores were the best of 2018.",
    sources=("devlin2019",),
)
def fills_gaps(given: Given, seed: int) -> Finding:
    """One block without a mask is trained to fill gaps of mirrored rows, and asked for letters of first halves it never saw."""
    first, second = mirror.of_halves(mirror.learned(False, seed, given.updates))
    numbers = (
        Number("guessed, in the first half", first),
        Number("in the second half", second),
        Number("chance", _CHANCE, ".1f"),
    )
    return Finding(
        numbers,
        holds=first >= _ENOUGH,
        says=f"After {given.updates} updates it fills {first:.1%} of the gaps in the first half of new rows; chance is "
        f"{_CHANCE:.0%}.",
    )


@claim(
    said="A model that sees the left alone cannot use what stands on the right.",
    verdict="right",
    instead="So no size helps GPT where only the words behind a gap tell what is hidden; BERT sees both sides.",
    sources=("devlin2019", "radford2018"),
)
def left_alone(given: Given, seed: int) -> Finding:
    """The same block with a causal mask learns the same: it fills gaps that the left tells, and guesses all others."""
    shares = mirror.learned(True, seed, given.updates)
    first, second = mirror.of_halves(shares)
    untold, told = max(shares[:HALF]), max(shares[HALF:])
    numbers = (
        Number("guessed, in the first half", first),
        Number("in the second half", second),
        Number("at the easiest place of the first half", untold),
        Number("at the easiest of the second", told),
        Number("chance", _CHANCE, ".1f"),
    )
    return Finding(
        numbers,
        # that the left does not suffice is said of every place of the first half; that what it tells can be learned, of one
        holds=untold <= _FEW and told >= _ENOUGH,
        says=f"It fills {second:.1%} of the gaps that the left tells, up to {told:.0%} at one place, and {first:.1%} of the "
        f"others, which only the right tells: at no place more than {untold:.1%}.",
    )


@claim(
    said="A causal mask makes a language model; pictures need none.",
    verdict="wrong",
    instead="The mask follows the question. Who is asked what comes next must not see it, be it a word or a pixel; BERT reads "
    "words without a mask.",
    sources=("chen2020", "devlin2019"),
)
def causal_is_language(given: Given, seed: int) -> Finding:
    """One block is asked for the next pixel of lines of new drawn scenes and of the learner's: under a causal mask, with none."""
    asked = picture_rows.lines([*picture_rows.held_out(), given.scene])
    causal, unmasked, counted = picture_rows.learned(seed, given.pixel_updates).bits(asked)
    numbers = (
        Number("bits a pixel, causal mask", causal, ".3f"),
        Number("no mask: the answer is seen", unmasked, ".3f"),
        Number("who counts what follows each colour", counted, ".3f"),
    )
    return Finding(
        numbers,
        holds=unmasked < _FEW * causal and causal < counted,
        says=f"Of pixels the next costs {causal:.2f} bits under a causal mask and {counted:.2f} for who counts; with no mask it "
        f"costs {unmasked:.2f}, for then the answer stands where the block reads.",
    )


@claim(
    said="T5 needs a head of its own for each task.",
    verdict="wrong",
    instead="All tasks are text to text: a prefix says what is wanted, and one full Transformer writes it.",
    sources=("raffel2020",),
)
def head_for_each_task(given: Given, seed: int) -> Finding:
    """One model copies, reverses and sorts rows of letters that it never saw, each by its prefix alone."""
    rng, model = random.Random(seed), checkpoints.load_small("text-to-text", TextToText)
    shares = []
    for task in prefixes.TASKS:
        rows = [[rng.randrange(len(LETTERS)) for _ in range(given.length)] for _ in range(_ROWS)]
        right = [prefixes.write(model, prefixes.source(task, row)) == prefixes.target(task, row) for row in rows]
        shares.append(sum(right) / _ROWS)
    return Finding(
        tuple(Number(f"{task} exact", share) for task, share in zip(prefixes.TASKS, shares, strict=True)),
        holds=min(shares) >= _ENOUGH,
        says=f"Of {_ROWS} rows of {given.length} letters each it copies {shares[0]:.0%}, reverses {shares[1]:.0%} and sorts "
        f"{shares[2]:.0%} right to the last letter.",
    )


@claim(
    said="A model that learned colours and shapes knows every pair of them.",
    verdict="wrong",
    instead="It knows the pairs that it saw. What it makes of another one has to be measured.",
    sources=("radford2021",),
)
def every_pair(given: Given, seed: int) -> Finding:
    """Lone things at random places choose among the captions of all kinds: those that were seen, and the one that was not."""
    shares = [named(kind, seed) for kind in pairs.KINDS if kind != given.unseen]
    seen, unseen = sum(shares) / len(shares), named(given.unseen, seed)
    numbers = (Number("named right, other kinds", seen), Number(f"{' '.join(given.unseen)}", unseen))
    return Finding(
        numbers,
        holds=seen >= _ENOUGH > unseen,
        says=f"Other kinds choose their caption in {seen:.1%} of the pictures, a {' '.join(given.unseen)} in {unseen:.1%}.",
    )


@claim(
    said="Sora is a vision system.",
    verdict="imprecise",
    instead="It makes videos that a text asks for: noise is taken off blocks of space and time, again and again.",
    sources=("openai2024", "peebles2023"),
)
def video_system(given: Given, seed: int) -> Finding:
    """The learner's scene in motion is cut into blocks and put together again, and noise is taken off it in one go."""
    model = checkpoints.load_small("video-denoiser", Denoiser)
    sizes = model.config.block_frames, model.config.block_side
    video = moving.filmed([(given.scene, 1.0, 0.5)])
    noisy = video + given.noise * moving.noise(video.shape, seed)
    clean, cut = cut_into_blocks(video, *sizes), cut_into_blocks(noisy, *sizes)
    again = put_together(cut, (moving.FRAMES, moving.SIDE, moving.SIDE, 3), *sizes)
    before = nn.functional.mse_loss(cut, clean).item()
    after = nn.functional.mse_loss(model(noisy).cleaned, clean).item()
    ground = (clean - scenes.GROUND).square().mean().item()
    numbers = (
        Number("tokens", cut.shape[1], ",d"),
        Number("off, cut and put together", (again - noisy).abs().max().item(), ".1f"),
        Number("mean square of the noise", before, ".4f"),
        Number("left of it", after, ".4f"),
        Number("left by one who says: nothing is there", ground, ".4f"),
    )
    return Finding(
        numbers,
        holds=torch.equal(again, noisy) and after < _TENTH * before,
        says=f"{cut.shape[1]} blocks give the same video again; of noise with a mean square of {before:.4f} the model leaves "
        f"{after:.4f}, and who says “nothing is there” leaves {ground:.4f}.",
    )


@torch.inference_mode()
def named(kind: tuple[Colour, Shape], seed: int, n: int = 40) -> float:
    """How often a thing of this kind, alone anywhere in a picture, chooses its caption among those of all kinds."""
    rng = random.Random(f"{seed} {kind}")
    drawn = [(Thing(*kind, rng.uniform(3, SIDE - 3), rng.uniform(3, SIDE - 3)),) for _ in range(n)]
    logits = checkpoints.load_small("scene-clip", ImageText)(
        scenes.painted(drawn), pairs.ids([" ".join(each) for each in pairs.KINDS])
    ).logits[0]
    return (logits.argmax(1) == pairs.KINDS.index(kind)).float().mean().item()
