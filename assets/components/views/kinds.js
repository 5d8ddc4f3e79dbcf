// Which class draws which kind of figure. A new kind is a line here, a class beside it and one in pages/parts/figures;
// the types see to it that none is forgotten, and that each class draws its own.

import { BarsView } from "./bars_view.js";
import { CubeView } from "./cube_view.js";
import { CurvesView } from "./curves_view.js";
import { DialsView } from "./dials_view.js";
import { HeadsView } from "./heads_view.js";
import { HistogramView } from "./histogram_view.js";
import { MatrixView } from "./matrix_view.js";
import { OverlayView } from "./overlay_view.js";
import { PatchesView } from "./patches_view.js";
import { PlansView } from "./plans_view.js";
import { PointsView } from "./points_view.js";
import { ScatterView } from "./scatter_view.js";
import { TablesView } from "./tables_view.js";
import { TreeView } from "./tree_view.js";

/** @import { View } from "../kit/figure_kinds.js" */
/** @import { FigureView } from "../kit/types.js" */

/** @import { Figure } from "../figure.js" */

/** @satisfies {{ [K in View["kind"]]: new (figure: Figure) => FigureView<Extract<View, { kind: K }>> }} */
export const VIEWS = {
  bars: BarsView,
  cube: CubeView,
  curves: CurvesView,
  dials: DialsView,
  heads: HeadsView,
  histogram: HistogramView,
  matrix: MatrixView,
  overlay: OverlayView,
  patches: PatchesView,
  plans: PlansView,
  points: PointsView,
  scatter: ScatterView,
  tables: TablesView,
  tree: TreeView,
};
