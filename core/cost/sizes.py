"""The sizes of a stack of blocks, and what follows from them: operations, memory, weights, the cache of keys and values."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Sizes:
    """All numbers that the bill depends on.

    n_tokens    N; batch: sequences at once.
    d_model     D: numbers of a token; d_ff: hidden units of the network behind attention.
    n_heads     heads of queries; n_kv_heads: heads of keys and values, which groups of query heads share.
    gated       whether that network has a third matrix, as SwiGLU has.
    n_bytes     of one number.
    """

    n_tokens: int = 1024
    d_model: int = 768
    n_heads: int = 12
    n_kv_heads: int = 12
    d_ff: int = 3072
    n_layers: int = 12
    batch: int = 1
    n_bytes: int = 4
    gated: bool = False

    def __post_init__(self) -> None:
        """Raises   ValueError in words for sizes that cannot be."""
        for name, size in vars(self).items():
            if size < 1 and name != "gated":
                raise ValueError(f"{name} is {size}: a size is 1 or more")
        if self.d_model % self.n_heads:
            raise ValueError(
                f"{self.n_heads} heads cannot share {self.d_model} numbers evenly: choose a divisor of {self.d_model}"
            )
        if self.n_heads % self.n_kv_heads:
            raise ValueError(
                f"{self.n_kv_heads} heads of keys and values cannot be shared evenly by {self.n_heads} heads of queries: "
                f"choose a divisor of {self.n_heads}"
            )

    @property
    def head_dim(self) -> int:
        """Numbers of one query, key or value."""
        return self.d_model // self.n_heads

    @property
    def d_kv(self) -> int:
        """Numbers of all keys of a token, and of all its values."""
        return self.n_kv_heads * self.head_dim

    @property
    def n_matrices(self) -> int:
        """Matrices of the network behind attention."""
        return 3 if self.gated else 2

    @property
    def projections(self) -> int:
        """Operations of W_Q, W_K, W_V and W_O in one block: two for each weight and token, a product and a sum."""
        return 4 * self.batch * self.n_tokens * self.d_model * (self.d_model + self.d_kv)

    @property
    def mixing(self) -> int:
        """Operations of scores and of weights times values in one block, for all pairs."""
        return 4 * self.batch * self.n_tokens**2 * self.d_model

    @property
    def mlp(self) -> int:
        """Operations of the network behind attention in one block."""
        return 2 * self.n_matrices * self.batch * self.n_tokens * self.d_model * self.d_ff

    @property
    def parts(self) -> dict[str, int]:
        """The operations of one block by part."""
        return {"projections": self.projections, "scores and mix": self.mixing, "MLP": self.mlp}

    @property
    def flops(self) -> int:
        """The operations of one block."""
        return self.projections + self.mixing + self.mlp

    @property
    def crossover(self) -> float:
        """From how many tokens on scores and mix take more operations than all else in the block; 6D as in 2017."""
        return self.d_model + self.d_kv + self.n_matrices * self.d_ff / 2

    @property
    def weights_bytes(self) -> int:
        """The attention weights of one layer, all heads."""
        return self.batch * self.n_heads * self.n_tokens**2 * self.n_bytes

    def streamed_bytes(self, block: int) -> int:
        """In their place tile by tile: a logarithm for every query, and the tiles of all heads that are being met."""
        return self.batch * self.n_heads * (self.n_tokens + min(block, self.n_tokens) ** 2) * self.n_bytes

    def tile_bytes(self, block: int) -> int:
        """What is met at once for one head: a tile of scores with its queries, keys and values, and of each query what it keeps.

        That is its output so far, with the largest score and the sum to which the output is relative.
        """
        side = min(block, self.n_tokens)
        return (side**2 + 4 * side * self.head_dim + 2 * side) * self.n_bytes

    @property
    def cached_numbers(self) -> int:
        """Of one token in one layer: its keys and its values."""
        return 2 * self.d_kv

    @property
    def cache_bytes(self) -> int:
        """Keys and values of all tokens in all layers, kept for the next token to come."""
        return self.cached_numbers * self.n_layers * self.batch * self.n_tokens * self.n_bytes

    def latent_bytes(self, width: int) -> int:
        """The same where a token leaves one short vector in each layer, of which keys and values are made anew."""
        return width * self.n_layers * self.batch * self.n_tokens * self.n_bytes

    @property
    def attention_weights(self) -> int:
        """Numbers of W_Q, W_K, W_V and W_O in all layers."""
        return 2 * self.d_model * (self.d_model + self.d_kv) * self.n_layers

    @property
    def mlp_weights(self) -> int:
        """Numbers of the networks behind attention in all layers."""
        return self.n_matrices * self.d_model * self.d_ff * self.n_layers

    def shared_by(self, n_kv_heads: int) -> "Sizes":
        """The same with another number of heads of keys and values."""
        return replace(self, n_kv_heads=n_kv_heads)

    def at_width(self, d_model: int) -> "Sizes":
        """The same of another width, with networks as much wider than a token. Raises ValueError where its heads cannot share
        that evenly."""
        return replace(self, d_model=d_model, d_ff=self.d_ff * d_model // self.d_model)


def fitting(asked: int, number: int) -> int:
    """As many as were asked, or else the next fewer that share a number evenly."""
    return next(fewer for fewer in range(min(asked, number), 0, -1) if number % fewer == 0)
