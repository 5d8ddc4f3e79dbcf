// The types that parts share: what Python sends, and what they hand to each other. Types alone, no code: an editor and
// `tsc` read them. What Python says of a figure is in figure_kinds.js.

/** @import { Drawn, View } from "./figure_kinds.js" */

/** @typedef {import("./payload.js").Tensor} Tensor */
/** @typedef {import("./selection.js").Selection} Selection */
/** @typedef {import("./way.js").Way} Way */

/**
 * A part of a figure: of one head alone, where a head is named.
 *
 * @typedef {Drawn & { head?: number }} Part
 */

// What is said beside it -------------------------------------------------------------------------------------------

/** @typedef {{ text: string, special: boolean }} Token */

/**
 * Where a part of a sentence is found anew for another cell: a word of an axis, a cell of a tensor, a count, a place.
 *
 * @typedef {{
 *   word?: string, of?: string, count?: string, row?: string, column?: string, end?: string, form?: string,
 * }} Live
 */

/**
 * A part of a sentence; a term, a word of the glossary, says what it means in place of where it is found.
 *
 * @typedef {[text: string, role?: string | null, more?: Live & { means?: string } | null]} Span
 */
/** @typedef {{ text: string, steps: string[] }} CodeLine */

/** @typedef {[letter: string, meaning: string][]} Letters what the letters of a formula mean */
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
 * @property {Letters | null} letters
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
/** @typedef {Pick<KeyboardEvent, "key"> & { shiftKey?: boolean }} Pressed */
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
 * @property {"file" | "notebook"} [away] where it stands, if not in the app: there no link names what is shown, and in a file
 *   nobody answers
 */

/** @typedef {{ component: Component, root: HTMLElement }} Io root: untold while the link does not yet say what is shown, late while it shows less than it was told */

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
 * grab     whether something lies there to be dragged; drag: to where; drop: its number and its place; nudge: the same of
 *          what is chosen, by a key.
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
 *   grab?(x: number, y: number, view: V): boolean,
 *   drag?(x: number, y: number, view: V): void,
 *   drop?(): number[] | null,
 *   nudge?(dx: number, dy: number, view: V, now: Looked): number[] | null,
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
 * @property {Way} [way] of an open head: how its products become weights
 */

// What Python sends ------------------------------------------------------------------------------------------------

/**
 * @typedef {Shown & {
 *   lesson: string, signature: string, cross: boolean, views: StepView[], formula: string, letters: Letters,
 *   code: CodeLine[][], look: Look, go: [turn: number, step: number] | null, editable: boolean, editLabel: string,
 *   recurrent: number | null, reorderable: boolean, tokenStrip: boolean, step: number, first: number,
 * }} StepViewerData
 */

/** @typedef {[layer: number, head: number]} Head */
/**
 * @typedef {{
 *   title: string, note: Span[], tokens: Record<string, Token[]>, cross: boolean, limits?: Record<string, number>,
 *   kind?: "head" | "sentence", way?: Way, signed?: boolean,
 * }} PanelWords
 */

/**
 * @typedef {object} LabData
 * @property {string} signature
 * @property {number} layers
 * @property {number[]} numbers of these layers, as the model counts
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
 * @property {Partial<PanelWords>} [opened] in a file: what is said of every head that is opened there
 * @property {Record<string, Tensor>} tensors
 */

/** @typedef {{ text: string, name: string, special: boolean, forced: boolean }} WrittenToken */
/** First what is no patch, then row by row; shared: whether words have their part in the same weights.
 *
 * @typedef {{ names: string[], extra: number, columns: number, shared: boolean }} PictureLookedAt
 */
/** @typedef {{ name: string, guesses: [name: string, share: number][], chosen: number | null }} LensRow */
/**
 * What is looked at is the choice of the token at `at`, by the token before it; at the end of the text it is still to come.
 *
 * @typedef {object} WritingData
 * @property {WrittenToken[]} tokens
 * @property {number} begun how many of them were given
 * @property {number} count how many are asked for behind these
 * @property {number} seed
 * @property {boolean} ended
 * @property {boolean} full
 * @property {number} at
 * @property {boolean} editable whether another token can be written there
 * @property {string[]} names of the likeliest tokens there
 * @property {number[]} ids of these
 * @property {number | null} rank of the token that stands there
 * @property {number | null} draw the number from 0 to 1 by which one is drawn there
 * @property {import("./sampling.js").Sampling} sampling
 * @property {number[]} numbers of the layers that attend, as the model counts
 * @property {number} heads
 * @property {Head | null} open
 * @property {LensRow[]} lens
 * @property {string} lensSays
 * @property {string} says
 * @property {string} cache
 * @property {{ title: string, says: string, tokens: WrittenToken[], begun: number, at: number } | null} second
 * @property {WrittenToken[] | null} source what an encoder has read
 * @property {PictureLookedAt | null} picture what a captioner has seen
 * @property {boolean} back whether the weights are of what is looked back at
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

/**
 * @typedef {{
 *   source: string, which: string, tokens: Token[], focus: number, tensors: Record<string, Tensor>,
 * }} SentenceData
 */

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
 *   identity?: boolean, numbers?: [name: string, value: string][], sources?: [name: string, url: string][], code?: string, began?: number,
 * }} Claim
 */
/** @typedef {{ claims: Claim[] }} ClaimsData */
/**
 * A claim of the ledger, or a place of a note: where it is, what is written there and the right form, with the claim that
 * shows it, if one does. failed says why it cannot be measured; live is not there before it was.
 *
 * @typedef {{
 *   key: number, open: boolean, where?: string, written?: string, right?: string, number?: string, said?: string,
 *   verdict?: string, page?: string, slug?: string, step?: string, notes?: [note: string, line: string][],
 *   sources?: [name: string, url: string][], trains?: boolean, failed?: string, live?: [name: string, value: string][], holds?: boolean, instead?: string, says?: string,
 *   identity?: boolean, code?: string,
 * }} LedgerRow
 */
/** @typedef {{ view: string, telling: number, count: string, rows: LedgerRow[] }} LedgerData */

/** @typedef {{ name: string, label: string, role: string, names: string[], values: number[][] }} NumberTable */
/** @typedef {{ largest: number, numberTables: NumberTable[] }} NumberTablesData */

/** @typedef {{ update: number, right: number, exact: number, found: number | null, probe: number, written: string[] }} Measured */
/**
 * @typedef {{
 *   run: number, of: number, source: string[], target: string[], gold: number[], nouns: string[], start: number,
 *   before?: string, measured: Measured[], tensors: Record<string, Tensor>,
 * }} LearningData
 */

/** @typedef {{ source: string[], written: string[], wanted: string[] }} WrittenLine */
/**
 * Where the runs of the training lab stood at a moment, one after the other. loss: null before the first update; lengths:
 * the share that is right by the tokens of the source.
 *
 * @typedef {{
 *   update: number, loss: (number | null)[], right: number[], exact: number[], lengths: [number, number][][],
 *   gradients: number[][], written: WrittenLine[][],
 * }} TrainingMoment
 */
/**
 * side: patches side by side in its pictures, 0 for tokens; heads: layers and heads of each run; silent: those that bring nothing; gold: where a row of the maps should look; guessing: the loss of who knows nothing.
 *
 * @typedef {{
 *   run: number, of: number, names: string[], tokens: string[], wanted: string[], gold: [number, number][],
 *   heads: [number, number][], silent: Head[][], open: Head[], parts: string[][], moments: TrainingMoment[], prose: boolean,
 *   guessing: number, tested: string, side: number, tensors: Record<string, Tensor>,
 * }} TrainingData
 */
/**
 * A matrix of a network: which one, its name, and how far from 0 a weight can be set.
 *
 * @typedef {{ of: string, name: string, largest: number, tensors: { matrix: Tensor } }} WeightsData
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
 *   how: { turned: boolean, coloured: boolean | null, share: number, seen: boolean },
 *   tensors: Record<string, Tensor>,
 * }} PatchExplorerData
 */
/**
 * What is looked at in pictures: the token that asks, the one that is asked, and how it is drawn.
 *
 * @typedef {{ query: number, key: number, pinned: boolean, turned: boolean, coloured: boolean, share: number }} Pointed
 */

export {};
