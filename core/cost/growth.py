"""How the loss of language models fell with their size and with what they read: a fit, no law of nature."""

from typing import Final

# Hoffmann et al. 2022, equation 10, in nats per token
IRREDUCIBLE: Final = 1.69
OF_SIZE, BY_SIZE = 406.4, 0.34
OF_DATA, BY_DATA = 410.7, 0.28


def loss(weights: int | float, tokens: int | float) -> float:
    """Of a model with so many weights that read so many tokens; either may be infinite."""
    return IRREDUCIBLE + OF_SIZE / weights**BY_SIZE + OF_DATA / tokens**BY_DATA
