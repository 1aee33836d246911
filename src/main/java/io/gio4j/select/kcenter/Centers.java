package io.gio4j.select.kcenter;

import io.gio4j.internal.Panel;
import io.gio4j.internal.RoundingError;
import io.gio4j.internal.RowScaling;
import io.gio4j.internal.simd.FloatOps;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The centres so far, as they are and packed into panels. Adding is not safe while in use. */
final class Centers {
  private final RowScaling scaling;
  private final FloatOps ops;
  private final double errorShare;
  private final List<float[]> rows = new ArrayList<>();
  private final List<Panel> panels = new ArrayList<>();

  Centers(RowScaling scaling, FloatOps ops) {
    this.scaling = scaling;
    this.ops = ops;
    this.errorShare =
        scaling.byDifferences()
            ? RoundingError.ofDifferences(scaling.columns())
            : RoundingError.ofProducts(scaling.columns());
  }

  /** Adds a centre, which is kept and must not be changed. */
  void add(float[] row) {
    int lane = rows.size() % ops.lanes();
    if (lane == 0) {
      Panel panel = new Panel(row.length, ops);
      Arrays.fill(panel.norms(), Float.POSITIVE_INFINITY);
      panels.add(panel);
    }
    float[] scaled = row.clone();
    scaling.apply(scaled, 0, 1, scaled);
    panels.getLast().put(lane, scaled, 0, term(Panel.squaredNorm(scaled, 0, row.length)));
    rows.add(row);
  }

  /** What a scaled row or centre of a squared norm adds to lower bounds of squared distances. */
  float term(double squaredNorm) {
    return scaling.byDifferences() ? 0 : (float) (squaredNorm * (1 - errorShare));
  }

  int count() {
    return rows.size();
  }

  float[] row(int center) {
    return rows.get(center);
  }

  int panels() {
    return panels.size();
  }

  Panel panel(int panel) {
    return panels.get(panel);
  }

  /** Centres of a panel. */
  int used(int panel) {
    return Math.min(ops.lanes(), rows.size() - panel * ops.lanes());
  }

  RowScaling scaling() {
    return scaling;
  }

  double errorShare() {
    return errorShare;
  }
}
