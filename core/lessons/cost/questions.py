"""What the questions of lesson 12 are graded on: numbers that are computed when they are asked for."""

from typing import Final

from core.cost.sizes import Sizes
from core.experiments import cost as experiments
from core.lessons.cost import paths

ALIKE: Final = Sizes(d_model=512, n_heads=8, n_kv_heads=8, d_ff=2048)
LONG: Final = Sizes(100_000, 8192, 64, 64, n_bytes=2)
TOKENS: Final = 1024
WIDTH: Final = 768
FEWER, AS_MANY, MORE = "fewer", "as many", "more products"
BELOW, ABOVE, NEVER = f"with fewer than {WIDTH} tokens", f"with more than {WIDTH} tokens", "never"


def counted_both_ways(given: experiments.Given, seed: int) -> tuple[str, str]:
    """Whether tiles take fewer operations than the whole table, as torch counts them."""
    whole, tiled = (int(number.value) for number in experiments.fewer_operations(given, seed).numbers)
    answer = AS_MANY if tiled == whole else FEWER if tiled < whole else MORE
    return answer, f"Torch counted {whole:,} operations with the whole table and {tiled:,} tile by tile."


def stored() -> tuple[str, str]:
    """The memory of all weights of a layer."""
    taken = LONG.weights_bytes
    return f"{taken / 1e12:.3g} TB", f"64 × 100,000² × 2 bytes = {taken:,}: no graphics card has it, and none needs it."


def waiting() -> tuple[str, str]:
    """How many steps wait for each other in one layer."""
    kinds = paths.run(paths.Settings(n_tokens=TOKENS)).kinds
    recurrent = kinds["RNN"]
    return f"{recurrent.waiting:,} and {kinds['attention'].waiting}", (
        f"Each word has a state that needs that of the word before: {recurrent.waiting:,} states, one after the other, with "
        f"{recurrent.path:,} steps from the first to the last. Attention looks at all words at once."
    )


def cheaper_than_recurrence() -> tuple[str, str]:
    """When scores and mix take less work than a recurrent layer."""
    few, many = (paths.works(paths.Settings(n_tokens=n, d_model=WIDTH)) for n in (WIDTH - 1, WIDTH + 1))
    below, above = (each["attention"] < each["RNN"] for each in (few, many))
    answer = BELOW if below and not above else ABOVE if above else NEVER
    return answer, (
        "4N²D against 4ND²: they are even at N = D, and most sentences are far shorter. The projections, 8ND², come on top: "
        "with them a layer of attention takes more work than a plain recurrent one at any length."
    )
