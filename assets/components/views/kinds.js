// Which class draws which kind of figure. A new kind is a line here and a class beside it.

import { CubeView } from "./cube_view.js";
import { HeadsView } from "./heads_view.js";
import { HistogramView } from "./histogram_view.js";
import { MatrixView } from "./matrix_view.js";
import { OverlayView } from "./overlay_view.js";
import { PatchesView } from "./patches_view.js";
import { PointsView } from "./points_view.js";
import { TablesView } from "./tables_view.js";
import { TreeView } from "./tree_view.js";

export const VIEWS = {
  cube: CubeView,
  heads: HeadsView,
  histogram: HistogramView,
  matrix: MatrixView,
  overlay: OverlayView,
  patches: PatchesView,
  points: PointsView,
  tables: TablesView,
  tree: TreeView,
};
