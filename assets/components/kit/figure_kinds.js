// What Python says of a figure: made of the classes of pages/parts/figures by `python -m tests.javascript.kinds`, never
// by hand.

/**
 * @typedef {"weights" | "signed" | "share"} Scale
 */

/**
 * @typedef {"vector" | "pair" | "mixture" | "plain"} Readout
 */

/**
 * @typedef {"flat" | "cut" | "stacked"} Arrangement
 */

/**
 * @typedef {"sum" | "visible"} Margin
 */

/**
 * A part of a block in a plan of it, from top to bottom.
 *
 * plan   which of the plans it belongs to; row: its place there.
 * word   what it is called; told: what there is to know of it.
 * differs  whether the first plan has another part there.
 * skips  of a sum: above which row the path begins that goes around what lies between; None for all others.
 *
 * @typedef {{
 *   plan: number,
 *   row: number,
 *   word: string,
 *   told: string,
 *   differs: boolean,
 *   skips: number | null,
 * }} Box
 */

/**
 * A word that a beam looked at: after which other one, at which step, and what became of it.
 *
 * score   the logarithms of the probabilities of its line up to here, added up; kept: whether its line was followed;
 *         ended: whether that line ended with it; best: whether it is of the line that won.
 *
 * @typedef {{
 *   parent: number | null,
 *   step: number,
 *   rank: number,
 *   word: string,
 *   score: number,
 *   kept: boolean,
 *   ended: boolean,
 *   best: boolean,
 * }} Candidate
 */

/**
 * One distribution of a histogram; words say what is measured of it.
 *
 * @typedef {{
 *   name: string,
 *   edges: number[],
 *   counts: number[],
 *   words: string,
 * }} Series
 */

/**
 * A point among curves, with its name: where it stands across and up.
 *
 * @typedef {{
 *   name: string,
 *   across: number,
 *   up: number,
 * }} Mark
 */

/**
 * What one tensor is drawn by. What is None is not said.
 *
 * scale      "weights": 0 to 1; "signed": around 0; "share": 0 to the largest value, which the legend prints.
 * limit      the end of the scale, where the numbers do not give it; axes: what rows and columns are, where it is not
 *            the usual.
 * hidden     the name of the tensor that says which cells may be seen; hiddenWord: what the others are called.
 * grows      True where rows are made one after the other, so that later ones are empty while it plays.
 * rows       the axis of the rows; columns: "keys" where columns are tokens, "numbers" where they are numbers.
 * whole      True where all values are whole numbers, to be written into the cells.
 * words      words for the cells, a list per row.
 *
 * @typedef {{
 *   tensor: string,
 *   scale?: Scale,
 *   limit?: number,
 *   hidden?: string,
 *   hiddenWord?: string,
 *   grows?: boolean,
 *   rows?: string,
 *   columns?: string,
 *   whole?: boolean,
 *   words?: string[][],
 *   axes?: string,
 * }} Drawn
 */

/**
 * What lies beside or above a matrix.
 *
 * @typedef {Drawn & {
 *   label: string,
 *   role: string,
 * }} Operand
 */

/**
 * One table among others: a row per token of the axis `rows`.
 *
 * columns    "keys" where the columns are tokens, too.
 * order      where each token stands in this table, if not where it stands in the others.
 * labelled   True where tokens stand beside it, too; percent: where its numbers are written as percents.
 *
 * @typedef {Drawn & {
 *   rows: string,
 *   columns: string,
 *   label: string,
 *   role: string,
 *   order?: number[],
 *   labelled?: boolean,
 *   percent?: boolean,
 * }} Table
 */

/**
 * Vectors of pairs of numbers on dials: a hand for each pair, of the row that is looked at; all rows are dots.
 *
 * label      stands before the word of the row; "" for the word alone.
 * turned     the tensor that the hands were turned out of: while it plays they turn, and an arc shows how far.
 * dashed     True where the hands are drawn dashed, so that colour is not all that tells them apart.
 *
 * @typedef {Drawn & {
 *   rows: string,
 *   label: string,
 *   role: string,
 *   turned?: string,
 *   dashed?: boolean,
 * }} Dial
 */

/**
 * What can be said of a view of any kind.
 *
 * readout    what is said of the place that is looked at.
 * plain      True where only the picture and its grid are shown; fixed: where no word can be picked.
 *
 * @typedef {{
 *   readout?: Readout,
 *   plain?: boolean,
 *   fixed?: boolean,
 *   note?: string,
 * }} OfAny
 */

/**
 * A bar for each row of a tensor of shares, cut into parts: its rows sum to 1.
 *
 * rows       the axis of the bars; columns: of their parts.
 * across     what a whole bar is, in words.
 *
 * @typedef {Drawn & OfAny & {
 *   kind: "bars",
 *   scale: Scale,
 *   rows: string,
 *   columns: string,
 *   across: string,
 * }} Bars
 */

/**
 * A tensor (heads, tokens, head_dim) on its way between "flat", "cut" and "stacked".
 *
 * origin     names the tensor (heads, tokens) that says whose numbers a row of the stack really holds.
 *
 * @typedef {Drawn & OfAny & {
 *   kind: "cube",
 *   scale: Scale,
 *   from: Arrangement,
 *   to: Arrangement,
 *   role: string,
 *   origin?: string,
 * }} Cube
 */

/**
 * A line for each row of a tensor, over its columns.
 *
 * rows       the axis whose words are the names of the lines.
 * across     what its columns are, up: what its values are, both in words.
 * start      the number of the first column; every: how much a column adds to it.
 * axis       the axis of its columns, where that is selected by itself; None where all figures look at the same number.
 * places     the number of each column, where they are not evenly spaced: then both axes are logarithmic.
 * marks      points among the lines, with their names.
 *
 * @typedef {Drawn & OfAny & {
 *   kind: "curves",
 *   scale: Scale,
 *   rows: string,
 *   across: string,
 *   up: string,
 *   start: number,
 *   every: number,
 *   places?: number[],
 *   marks?: Mark[],
 *   axis?: string,
 * }} Curves
 */

/**
 * One dial for every two numbers, with the hands of several tensors on it, on one scale.
 *
 * tensor     the first of them, which is drawn on the timeline.
 * clock      angles are counted from the top with the clock, as for a sine and its cosine; otherwise from the right
 *            against it.
 *
 * @typedef {OfAny & {
 *   kind: "dials",
 *   tables: Dial[],
 *   tensor: string,
 *   clock: boolean,
 *   scale: Scale,
 * }} Dials
 */

/**
 * One small matrix of weights per head; ablated: those that are silent; rows and columns: the axes of both.
 *
 * @typedef {Drawn & OfAny & {
 *   kind: "heads",
 *   scale: Scale,
 *   rows: string,
 *   columns: string,
 *   ablated: number[],
 * }} Heads
 */

/**
 * Distributions over one axis; the tensor is drawn on the timeline.
 *
 * @typedef {Drawn & OfAny & {
 *   kind: "histogram",
 *   scale: Scale,
 *   series: Series[],
 * }} Histogram
 */

/**
 * A matrix with a row per query.
 *
 * left, top  operands; faint: whether this step does not use them.
 * margin     "sum" or "visible": what stands beside the rows; meanings: of the words in its cells, as `words`.
 * corner     what stands where left and top meet; cornerNote: what stands below it.
 * readout    "pair" with chain="scores" | "scaled" | "masked" | "weights" | "wrong"; "mixture"; or "plain".
 *
 * @typedef {Drawn & OfAny & {
 *   kind: "matrix",
 *   scale: Scale,
 *   rows: string,
 *   columns: string,
 *   left?: Operand,
 *   top?: Operand,
 *   margin?: Margin,
 *   meanings?: string[][],
 *   role?: string,
 *   chain?: string,
 *   corner?: string,
 *   cornerNote?: string,
 *   faint?: boolean,
 * }} Matrix
 */

/**
 * A picture with what one query makes of each cell of its grid; keys are the cells, row by row.
 *
 * picture    the tensor (3, height, width) of its pixels; side: cells side by side.
 * scale      "share" where many cells share one unit, so that the largest weight is far below 1.
 * strip      True where every query has a small picture.
 *
 * @typedef {Drawn & OfAny & {
 *   kind: "overlay",
 *   scale: Scale,
 *   rows: string,
 *   columns: string,
 *   picture: string,
 *   side: number,
 *   strip?: boolean,
 * }} Overlay
 */

/**
 * A picture cut into squares, which slide apart and stand in a row while it plays; a row of the tensor per square.
 *
 * picture    the tensor (3, height, width) of its pixels; side: squares side by side.
 *
 * @typedef {Drawn & OfAny & {
 *   kind: "patches",
 *   scale: Scale,
 *   rows: string,
 *   plain: boolean,
 *   picture: string,
 *   side: number,
 * }} Patches
 */

/**
 * Plans of blocks side by side, part by part; the tensor of their sizes is drawn on the timeline and taken away.
 *
 * titles   of the plans; rows: the axis of the parts that have a size.
 *
 * @typedef {Drawn & OfAny & {
 *   kind: "plans",
 *   scale: Scale,
 *   rows: string,
 *   fixed: boolean,
 *   note: string,
 *   titles: string[],
 *   boxes: Box[],
 * }} Plans
 */

/**
 * Values and outputs as points of a plane, with the hull of the values; rows: the axis of the values.
 *
 * values     the tensor that is drawn on the timeline, too.
 *
 * @typedef {Drawn & OfAny & {
 *   kind: "points",
 *   scale: Scale,
 *   rows: string,
 *   note: string,
 *   values: string,
 *   outputs: string,
 * }} Points
 */

/**
 * Points of a plane that can be dragged, each as large as its weight, a curve through them and one place on it.
 *
 * weights    the tensor (1, points); curve, asked: tensors of points, (places, 2) and (1, 2).
 * window     where points can be put: from and to across, from and to up; across, up: what these are, in words.
 * rows       the axis of the points, which a lesson selects by itself.
 *
 * @typedef {Drawn & OfAny & {
 *   kind: "scatter",
 *   scale: Scale,
 *   rows: string,
 *   weights: string,
 *   curve: string,
 *   asked: string,
 *   window: number[],
 *   across: string,
 *   up: string,
 * }} Scatter
 */

/**
 * Tables side by side, on one scale.
 *
 * @typedef {OfAny & {
 *   kind: "tables",
 *   readout: Readout,
 *   note: string,
 *   tables: Table[],
 * }} Tables
 */

/**
 * What a beam looked at; the tensor is drawn on the timeline. meanings: of the words of the nodes, one by one.
 *
 * @typedef {Drawn & OfAny & {
 *   kind: "tree",
 *   scale: Scale,
 *   note: string,
 *   nodes: Candidate[],
 *   meanings: string[],
 * }} Tree
 */

/**
 * @typedef {Bars | Cube | Curves | Dials | Heads | Histogram | Matrix | Overlay | Patches | Plans | Points | Scatter | Tables | Tree} View
 */

export {};
