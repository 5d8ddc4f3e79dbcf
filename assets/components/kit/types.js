// The types that parts share: what Python sends, and what they hand to each other. Types alone, no code: an editor and
// `tsc` read them. The kinds of figures are named like the functions of pages/parts/views.py that make them.

/** @typedef {import("./payload.js").Tensor} Tensor */
/** @typedef {import("./selection.js").Selection} Selection */

// What a figure draws ----------------------------------------------------------------------------------------------

/** @typedef {"weights" | "signed" | "share"} Scale */

/**
 * What the cells of a figure are drawn by.
 *
 * @typedef {object} Drawn
 * @property {string} tensor
 * @property {Scale} [scale] weights: 0 to 1; signed: around 0; share: 0 to `limit`
 * @property {number} [limit]
 * @property {string} [hidden] the tensor that says which cells may be seen
 * @property {string} [hiddenWord] what the others are called
 * @property {boolean} [grows] rows are made one after the other
 * @property {number} [head]
 * @property {string} [rows] the axis of the rows
 * @property {string} [columns] "keys" where columns are tokens, "numbers" where they are numbers
 * @property {boolean} [whole] all values are whole numbers
 * @property {string[][]} [words] words for the cells
 */

/** @typedef {Drawn & { label: string, role: string, faint?: boolean }} Operand */

/**
 * @typedef {Drawn & {
 *   label: string, role: string, rows: string, columns: string, order?: number[], labelled?: boolean,
 *   percent?: boolean,
 * }} Table
 */

/** @typedef {{ kind: "tables", tables: Table[], readout: Readout, note: string } & OfAny} Tables */

/**
 * @typedef {Drawn & OfAny & {
 *   kind: "matrix", scale: Scale, rows: string, columns: string, left?: Operand, top?: Operand,
 *   margin?: "sum" | "visible", role?: string, readout?: Readout, chain?: string, corner?: string,
 *   cornerNote?: string, faint?: boolean,
 * }} Matrix
 */

/**
 * @typedef {Drawn & OfAny & {
 *   kind: "overlay", picture: string, side: number, scale: Scale, columns: string, rows: string, strip?: boolean,
 * }} Overlay
 */

/** @typedef {Drawn & OfAny & { kind: "patches", picture: string, side: number }} Patches */
/** @typedef {Drawn & OfAny & { kind: "points", values: string, outputs: string, note: string }} Points */

/**
 * @typedef {object} Candidate
 * @property {number | null} parent
 * @property {number} step
 * @property {number} rank
 * @property {string} word
 * @property {number} score
 * @property {boolean} kept
 * @property {boolean} best
 */

/** @typedef {Drawn & OfAny & { kind: "tree", nodes: Candidate[], note: string }} Tree */
/** @typedef {{ name: string, edges: number[], counts: number[], words: string }} Series */
/** @typedef {Drawn & OfAny & { kind: "histogram", series: Series[] }} Histogram */
/** @typedef {Drawn & OfAny & { kind: "heads", ablated: number[] }} Heads */
/** @typedef {"flat" | "cut" | "stacked"} Arrangement */
/**
 * @typedef {Drawn & OfAny & {
 *   kind: "cube", from: Arrangement, to: Arrangement, role: string, origin?: string,
 * }} Cube
 */

/** @typedef {"vector" | "pair" | "mixture" | "plain"} Readout */
/**
 * What may be said of a view of any kind.
 *
 * @typedef {{ readout?: Readout, plain?: boolean, fixed?: boolean, note?: string }} OfAny
 */

/** @typedef {Drawn & { label: string, role: string, rows: string, turned?: string, dashed?: boolean }} Dial */
/** @typedef {{ kind: "dials", tables: Dial[], clock: boolean, note: string, scale: Scale } & OfAny} Dials */

/**
 * @typedef {Drawn & OfAny & {
 *   kind: "curves", rows: string, across: string, up: string, start: number, every: number,
 * }} Curves
 */

/** @typedef {Tables | Matrix | Overlay | Patches | Points | Tree | Histogram | Heads | Cube | Dials | Curves} View */

// What is said beside it -------------------------------------------------------------------------------------------

/** @typedef {{ text: string, special: boolean }} Token */

/**
 * Where a part of a sentence is found anew for another cell: a word of an axis, a cell of a tensor, a count, a place.
 *
 * @typedef {{
 *   word?: string, of?: string, count?: string, row?: string, column?: string, end?: string, form?: string,
 * }} Live
 */

/** @typedef {[text: string, role?: string | null, live?: Live | null]} Span */
/** @typedef {{ text: string, steps: string[] }} CodeLine */

/**
 * @typedef {object} StepView
 * @property {string} label
 * @property {string[]} steps
 * @property {string} operator
 * @property {string} title
 * @property {string} also
 * @property {string} source
 * @property {string} shape
 * @property {string} axes
 * @property {string | null} formula
 * @property {number | null} code which of the functions made it; null for none of them
 * @property {Span[]} notice
 * @property {View} view
 */

/**
 * A table to be read: names of rows and columns, and the text of a cell.
 *
 * @typedef {object} Readable
 * @property {string} title
 * @property {(string | number)[]} rows
 * @property {(string | number)[]} columns
 * @property {(row: number, column: number) => string | number} cell
 */

// What is looked at ------------------------------------------------------------------------------------------------

/** @typedef {{ query: number, key: number, dimension: number, head: number }} Look */
/**
 * A place in a figure, as far as it says one. Axes of a lesson's own have their rows by name.
 *
 * @typedef {Partial<Look> & {
 *   table?: string, cell?: boolean, [axis: string]: number | string | boolean | undefined,
 * }} Place
 */
/** @typedef {Look & Place} Looked */

// What parts are given ---------------------------------------------------------------------------------------------

/**
 * @typedef {object} Theme
 * @property {"light" | "dark"} name
 * @property {Record<string, string>} colours
 * @property {{ weights: number[][], signed: number[][] }} ramps
 */

/** @typedef {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} Pen */
/** @typedef {Pick<KeyboardEvent, "key">} Pressed */
/** @typedef {{ first: number, count: number }} Stretch */
/** @typedef {Stretch & { size: number }} Columns */

/**
 * What every part gets from Streamlit.
 *
 * @typedef {object} Component
 * @property {HTMLElement} parentElement
 * @property {Uint8Array<ArrayBuffer>} data
 * @property {(name: string, value: unknown) => void} setTriggerValue
 * @property {(name: string, value: unknown) => void} setStateValue
 */

/** @typedef {{ component: Component, root: HTMLElement }} Io root: untold while the link does not yet say what is shown */

/**
 * @template P
 * @typedef {object} App
 * @property {(payload: P, theme: Theme) => void} update
 * @property {(width: number) => void} [resize]
 * @property {() => void} [destroy]
 */

/**
 * What draws one kind of figure.
 *
 * layout   how high it is at a width; asked before everything else.
 * at       what lies under the pointer; move: where an arrow key leads to.
 * hasScale whether its colours are those of a scale, with a legend; without it they are.
 * aside    true where it shows no step of the computation: neither formula nor code stands beside it.
 * describe the cell that is looked at, and summary the whole, for who cannot see them; read: its numbers as tables.
 *
 * @template {View} V
 * @typedef {{
 *   layout(view: V, width: number): number,
 *   paint(context: CanvasRenderingContext2D, view: V, share: number, previous?: View): void,
 *   at(x: number, y: number, view: V): Place | null,
 *   move(dx: number, dy: number, view: V, now: Looked): Place,
 *   describe(view: V, now: Looked): string,
 *   summary?(view: V): string,
 *   read?(view: V, title: string): Readable[],
 *   hasScale?(view: V): boolean,
 *   aside?: boolean,
 *   thumbnail?(context: CanvasRenderingContext2D, view: V, side: number): void,
 * }} FigureView
 */

/**
 * What a figure shows parts of.
 *
 * @typedef {object} Shown
 * @property {Record<string, Token[]>} tokens
 * @property {Record<string, number>} focus
 * @property {Record<string, Tensor>} tensors
 * @property {Record<string, number>} limits
 * @property {number} divisor
 * @property {boolean} dotProduct
 */

// What Python sends ------------------------------------------------------------------------------------------------

/**
 * @typedef {Shown & {
 *   lesson: string, signature: string, cross: boolean, views: StepView[], formula: string, formulaAll: boolean,
 *   code: CodeLine[][], look: Look, go: [turn: number, step: number] | null, editable: boolean, editLabel: string,
 *   recurrent: number | null, reorderable: boolean, tokenStrip: boolean, step: number, first: number,
 * }} StepViewerData
 */

/** @typedef {[layer: number, head: number]} Head */
/**
 * @typedef {{
 *   title: string, note: Span[], tokens: Record<string, Token[]>, cross: boolean, limits?: Record<string, number>,
 *   kind?: "head" | "sentence",
 * }} PanelWords
 */

/**
 * @typedef {object} LabData
 * @property {string} signature
 * @property {number} layers
 * @property {number} heads
 * @property {Head} open
 * @property {Head | null} beside
 * @property {PanelWords} first
 * @property {PanelWords | null} second
 * @property {number[] | null} score
 * @property {[layer: number, head: number, value: number][]} ranking
 * @property {string} caption
 * @property {{ query: number, key: number }} focus
 * @property {Look} look
 * @property {Record<string, Tensor>} tensors
 */

/** @typedef {{ slug: string, title: string, question: string }} LabCard */
/** @typedef {{ labs: LabCard[], tensors: Record<string, Tensor> }} LabsData */

/**
 * @typedef {{
 *   slug: string, number: number, title: string, question: string, section: string, minutes: number, built: boolean,
 *   progress: string, buildsOn: number[],
 * }} LessonRow
 */
/** @typedef {{ lessons: LessonRow[] }} MapData */

/** @typedef {{ source: string, tokens: Token[], focus: number, tensors: Record<string, Tensor> }} SentenceData */

/** @typedef {{ colour: string, shape: string, x: number, y: number }} Thing */
/**
 * @typedef {{
 *   turn: number, side: number, cells: number, radius: number, most: number, ground: string, colours: Record<string,
 *   string>, shapes: string[], things: Thing[],
 * }} SceneData
 */

/**
 * What Python knows of a claim: the rest of it once it was opened. `began`: when the browser began to wait for it.
 *
 * @typedef {{
 *   said: string, verdict: string, open: boolean, instead?: string, says?: string, holds?: boolean,
 *   numbers?: [name: string, value: string][], sources?: [name: string, url: string][], code?: string, began?: number,
 * }} Claim
 */
/** @typedef {{ claims: Claim[] }} ClaimsData */

/** @typedef {{ name: string, label: string, role: string, names: string[], values: number[][] }} NumberTable */
/** @typedef {{ largest: number, numberTables: NumberTable[] }} NumberTablesData */

/** @typedef {{ update: number, right: number, exact: number, found: number | null, probe: number }} Measured */
/**
 * @typedef {{
 *   run: number, of: number, source: string[], target: string[], gold: number[], nouns: string[], start: number,
 *   before?: string, measured: Measured[], tensors: Record<string, Tensor>,
 * }} LearningData
 */

/**
 * @typedef {{
 *   title: string, note: string, names: string[], extra: number, rows: number, columns: number,
 * }} PictureWords
 */
/**
 * @typedef {{
 *   signature: string, layers: number, heads: number, open: Head, factor: number, rows: number, columns: number,
 *   first: PictureWords, second: PictureWords | null, caption: string, focus: number, look: number, exact: boolean,
 *   tensors: Record<string, Tensor>,
 * }} PatchExplorerData
 */
/**
 * What is looked at in pictures: the token that asks, the one that is asked, and how it is drawn.
 *
 * @typedef {{ query: number, key: number, pinned: boolean, turned: boolean, coloured: boolean, share: number }} Pointed
 */

export {};
