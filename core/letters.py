"""The letters of all formulas: one letter for one thing in the whole course.

A letter may carry an index that says which one it is (i, j, t, t-1, N), and that is a letter, too; ij together is one: the
cell of a picture. An index that belongs to the name of a letter is written with it here: W_Q, x_class.
`tests/core/test_letters.py` holds every declared formula to this table.
"""

import re

LETTERS = {
    "A": "the weights, a row for each query",
    "a": "the first of two numbers",
    "allowed": "1 where a query may look, 0 where not",
    "B": "a bias for each pair of places, added to the scores",
    "C": "what an LSTM keeps in its memory",
    "c": "the context: what the decoder is given of the source",
    "c_cap": "the cap: no score goes beyond it",
    "D": "how many numbers describe one token",
    "D_c": "how many numbers a token leaves in place of its keys and values",
    "D_ff": "how many hidden units the network behind attention has",
    "D_kv": "how many numbers all keys of a token have, and all its values",
    "d": "how many numbers one query, and one key, has",
    "E": "the learned table of vectors: E[x] is the row of piece x",
    "E_A": "the vector of the first text, where a model tells two apart",
    "b": "the second of two numbers",
    "batch": "how many inputs are read at once",
    "bytes": "the bytes of one number",
    "base": "what the clock hands slow down by, from pair to pair",
    "e": "Euler's number: e to the power of a score",
    "head": "the number of the head, from 0",
    "heads": "how many heads ask",
    "F": "what the network behind attention brings, a row for each token",
    "h": "the state of a cell that reads, after each piece",
    "h_i": "what the encoder keeps of piece i: the states of both directions, and beside them its word vector",
    "I": "the picture: red, green and blue of each pixel",
    "i": "which one, counted from 0",
    "ij": "which cell of the picture: row i and column j, both counted from 0",
    "j": "which other one, counted from 0",
    "K": "the keys, a row for each token",
    "K_typed": "the keys as they were typed",
    "k": "one key",
    "kernel": "how many places a convolution sees at once",
    "dilation": "how many times as far apart each layer looks as the one before",
    "l": "the sum of e to the power of the scores so far, each less the largest",
    "l_new": "that sum with this tile",
    "kept": "0 for what is taken away, 1 for all others",
    "layers": "how many layers lie on top of each other",
    "matrices": "how many matrices the network behind attention has",
    "N": "how many tokens there are",
    "m": "the largest score so far",
    "m_new": "the largest score with this tile",
    "n": "how many places apart",
    "o_new": "the mix of values with this tile",
    "o": "the values so far, each times e to the power of its score less the largest",
    "M": "the mask: 0 where a query may look, −∞ where not",
    "M_few": "a mask: −∞ where a weight is not among the largest of its row",
    "M_near": "a mask: −∞ where a key is neither in the window nor let in beside it",
    "P": "the places as vectors, a row for each",
    "p": "the vector of one place",
    "Q": "the queries, a row for each token",
    "Q_typed": "the queries as they were typed",
    "q": "one query",
    "RMS": "the root mean square, by which a norm divides",
    "R": "a rotation: every pair of numbers turned by its own angle",
    "rate": "how much of what is missing is written",
    "S": "a matrix that puts rows into another order",
    "scale": "what every number is multiplied by",
    "shift": "what is added to every number",
    "state": "what is kept before the last pair is written",
    "s": "the state of the decoder, the cell that writes",
    "T": "the temperature, which divides the scores",
    "tile": "how many queries, and keys, make a tile",
    "t": "which step, or which place, counted from 0",
    "u": "the direction of a push, of length 1",
    "U_a": "a learned matrix of the score, for what is asked",
    "V": "the values, a row for each token",
    "V_typed": "the values as they were typed",
    "v": "one value",
    "video": "the video: red, green and blue of each pixel of each frame",
    "v_a": "a learned row of the score: it makes one number of many",
    "X": "the tokens as vectors, a row for each",
    "X_D": "the tokens that are asked, as vectors",
    "X_Q": "the tokens that ask, as vectors",
    "X_other": "what else is in the batch, as vectors",
    "x": "what goes in, one piece after the other",
    "x_class": "the class token: a learned vector that stands for no patch",
    "Y": "what attention brings, a row for each token",
    "Y_now": "the same after the change",
    "y": "what was written, one piece after the other",
    "Z": "what goes from one block to the next, a row for each token",
    "Z_0": "the tokens before the first block",
    "Z_mid": "the tokens within the block, once attention was added",
    "Z_out": "what goes out of the block: Z of the next one",
    "Z_now": "the same after the change",
    "Z_other": "the same of what else is in the batch",
    "z": "what the net saw in one cell of the picture",
    "w": "how many keys before its own place a query sees",
    "W_a": "a learned matrix of the score, for who asks",
    "W_C": "a learned matrix: from one vector to a score for each class",
    "W_c": "a learned matrix: from the last states to the context",
    "W_D": "a learned matrix: from a token to the pixels of its block of space and time",
    "W_E": "a learned matrix: from the pixels of a patch to its vector",
    "W_h": "a learned matrix, for the state before",
    "W_K": "a learned matrix: makes keys",
    "W_O": "a learned matrix: mixes what the heads bring",
    "W_o": "a learned matrix: from the state towards the next piece",
    "W_p": "a matrix for the places",
    "W_Q": "a learned matrix: makes queries",
    "W_V": "a learned matrix: makes values",
    "W_x": "a matrix for what goes in",
    "W_0": "a learned matrix: from the mean of the cells to the first state",
    "W_1": "a learned matrix of the network behind attention: into it",
    "W_2": "a learned matrix of the network behind attention: out of it",
    "W_3": "a learned matrix of the network behind attention: makes what its gate lets through",
    "W_R": "a learned matrix of a router: a score for each expert",
    "γ": "a gain: a learned row of numbers that is multiplied with",
    "β": "a shift: a learned row of numbers that a norm adds",
    "μ": "the mean, which a norm takes out",
    "σ": "the standard deviation, by which a norm divides",
    "ε": "a very small number, so that nothing is divided by 0",
}
GATES = {
    "r": "the reset gate",
    "u": "the update gate",
    "f": "the forget gate",
    "i": "the input gate",
    "o": "the output gate",
    "g": "the candidate",
}
for _gate, _name in GATES.items():
    LETTERS |= {
        f"{_gate}_t": f"{_name}, of each step",
        f"U_{_gate}": f"a learned matrix of {_name}, for the state before",
    }
    # W_o of a decoder and of a gate do the same: they make what comes out
    LETTERS.setdefault(f"W_{_gate}", f"a learned matrix of {_name}, for what goes in")
# signs and functions that stand in many formulas: what finds one, how it is written, what it does
_SIGNS = (
    (r"\[[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*;", "[ ; ]", "one behind the other, made one (concatenation)"),
    (r"\\overrightarrow", "→ ←", "above a letter: of who reads forwards, of who reads backwards"),
    (r"\\odot", "⊙", "multiplied number by number"),
    (r"\\sigma\(", "σ", "brings each number between 0 and 1 (sigmoid)"),
    (r"\\tanh", "tanh", "brings each number between −1 and 1"),
    (r"\\top", "⊤", "turned over: rows become columns (transposed)"),
    (r"\\lVert", "‖ ‖", "the length of a vector: the root of the sum of its squares"),
    (r"\\operatorname\{size\}", "size", "the root of the sum of the squares of all numbers of a table"),
    (
        r"\\operatorname\{Jacobian\}",
        "Jacobian",
        "of the part below the line: how much each number that comes out moves per unit of each that goes in",
    ),
)
_INDEX = re.compile(r"ij|(?<![A-Za-z])[a-zN](?![A-Za-z])")
_BIAS = re.compile(r"b_\w+")

# a σ before a bracket is a function, and no letter
_GREEK = {r"\gamma": "γ", r"\beta": "β", r"\varepsilon": "ε", r"\mu": "μ", r"\sigma": "σ"}
# what stands below the line in words of ours: Q in W_Q, 2 in W_2
BELOW = r"(?<=[^\W\d_])_([^\W_])(?!\w)"
_FACES = re.compile(r"\\(?:mathrm|overrightarrow|overleftarrow)\{(\w+)\}")
_LETTER = re.compile(
    r"\\sigma\("
    r"|\\text\{(\w+)\}"  # a word that stands for a number
    rf"|({'|'.join(map(re.escape, _GREEK))})\b"
    r"|\\(?:operatorname|begin|end)\{\w+\}|\\\\|\\[a-zA-Z]+|<\w+>|[\])}]_(?:\{\w*\}|\w)"  # none
    r"|(\{ij\})"  # the index of what is no letter, as of a sum
    r"|([A-Za-z])(?:_(?:\{([^{}]*)\}|(\w)))?"
)


def letters_in(latex: str) -> list[str]:
    """The letters of a formula, each once, in the order in which they stand there.

    Raises   ValueError for one that no page explains.
    """
    found = {}
    for word, greek, cell, letter, braced, single in _LETTER.findall(_FACES.sub(r"\1", latex)):
        if cell:
            found["ij"] = None
        if not word and not greek and not letter:
            continue
        whole = word or _GREEK.get(greek) or f"{letter}_{braced or single}".rstrip("_")
        known = next((each for each in (whole, letter) if each in LETTERS or _BIAS.fullmatch(each)), None)
        indices = _INDEX.findall(braced or single) if known == letter else []
        if known is None or (len(braced) > 2 and known == letter and not indices):
            raise ValueError(f"no page explains the letter {whole!r} of {latex!r}")
        found[known] = None
        found |= dict.fromkeys(indices)
    return list(found)


def signs_in(latex: str) -> list[tuple[str, str]]:
    """The signs of a formula that are no letters, with what they do."""
    return [(written, does) for finds, written, does in _SIGNS if re.search(finds, latex)]


def meaning(letter: str) -> str:
    """What a letter stands for."""
    return LETTERS.get(letter) or "a bias: a learned row of numbers that is added"
