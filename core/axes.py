"""The names of axes: one vocabulary for code, charts, tests and prose.

Attention matrices are (batch, heads, queries, keys). On screen a row is a query, a column is a key, row 0 on top.
Positions, layers and heads count from 0, in code and in pictures alike.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Axis:
    """What one axis of a tensor ranges over, in words that fit on a chart and in a sentence."""

    name: str
    symbol: str
    meaning: str


AXES = {
    axis.name: axis
    for axis in (
        Axis("batch", "B", "independent inputs computed together"),
        Axis("heads", "H", "attentions that run side by side in one layer"),
        Axis("tokens", "N", "the pieces of the input, in order"),
        Axis("queries", "T_q", "tokens that ask"),
        Axis("keys", "T_k", "tokens that can be asked, and whose values are read"),
        Axis("d_model", "D", "numbers that describe one token between layers"),
        Axis("head_dim", "d", "numbers in one query or key of one head"),
        Axis("value_dim", "d_v", "numbers in one value of one head"),
        Axis("merged_dim", "H·d", "the outputs of all heads, one after the other"),
        Axis("source", "T_x", "the pieces of the text that is read, in order"),
        Axis("target", "T_y", "the pieces of the text that is written, in order"),
        Axis("d_embedded", "d_e", "numbers that describe one piece by itself"),
        Axis("d_annotation", "d_h", "numbers that describe one piece of the source in its sentence"),
        Axis("d_query", "D_q", "numbers of what asks, before it becomes a query"),
        Axis("d_hidden", "n", "numbers in the state of a recurrent network"),
        Axis("vocab_size", "V", "pieces that can come next"),
        Axis("layers", "L", "attention layers on top of each other"),
        Axis("channels", "C", "red, green and blue"),
        Axis("height", "H_I", "pixels from the top to the bottom of a picture"),
        Axis("width", "W_I", "pixels from the left to the right of a picture"),
        Axis("d_ff", "D_ff", "hidden units of the network behind attention"),
        Axis("key_width", "H_k·d", "the keys of all heads, one after the other; fewer where heads share them"),
        Axis("experts", "E", "networks of which each token asks a few"),
        Axis("patches", "N", "the squares that a picture is cut into, row by row"),
        Axis("d_patch", "3P²", "numbers in one square: red, green and blue of each of its pixels"),
        Axis("places", "T", "where a token can stand, counted from 0"),
        Axis("distances", "T", "how many places two tokens are apart, counted from 0"),
        Axis("table", "1", "a table of places as a whole"),
        Axis("depth", "L+1", "what enters the first layer, then what each layer makes of it"),
        Axis("variants", "V", "the model as it is, and with parts taken out"),
        Axis("toys", "V", "a stack that nobody trained, with parts taken out"),
        Axis("toy_depth", "L+1", "what enters the first layer of the toy, then what each makes of it"),
        Axis("answer", "K", "what is read from the last layer: numbers of a vector, or the likeliest classes"),
        Axis("alone", "1", "one layer by itself"),
        Axis("pairs", "D/2", "clock hands: pairs of numbers that turn together"),
        Axis("joined_dim", "2·d_e", "the numbers of a token and those of its position, one after the other"),
        Axis("first", "a", "the first of two numbers that are multiplied"),
        Axis("second", "b", "the second of two numbers that are multiplied"),
        Axis("tile_rows", "i", "the queries of one tile"),
        Axis("tile_columns", "j", "the keys of one tile"),
        Axis("one", "1", "one number for each"),
        Axis("lengths", "N", "how many tokens there are, from few to many"),
        Axis("widths", "D", "how many numbers describe a token, from few to many"),
        Axis("depths", "L", "how many layers there are, from one on"),
        Axis("d_shared", "d_e", "numbers of an arrow in the space that pictures and captions share"),
        Axis("pictures", "N", "pictures that are compared with captions"),
        Axis("captions", "N", "captions that are compared with pictures"),
        Axis("words", "N", "the words of a caption, in order"),
        Axis("frames", "T", "the pictures of a video, in order"),
        Axis("classes", "K", "the kinds of things that a picture can be said to show"),
    )
}
