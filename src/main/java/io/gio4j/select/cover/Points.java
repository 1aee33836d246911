package io.gio4j.select.cover;

import io.gio4j.internal.Execution;
import io.gio4j.internal.HeapShare;
import io.gio4j.internal.Panel;
import io.gio4j.internal.simd.FloatOps;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Rows in the lanes of panels. Those of a target that is larger than its share of the heap are
 * packed each time they are needed.
 */
final class Points {
  private final ComparedRows source;
  private final FloatOps ops;

  /** The rows that are points; null where these are all. */
  private final IntArrayList rows;

  /** Null where panels are not kept. */
  private final List<Panel> panels;

  /** By lane, the most that a point's numbers count; null where they count in full. */
  private float[] caps;

  /** By point, how much it counts; null where all count the same. */
  private final double[] weights;

  private Points(
      ComparedRows source, FloatOps ops, IntArrayList rows, List<Panel> panels, double[] weights) {
    this.source = source;
    this.ops = ops;
    this.rows = rows;
    this.panels = panels;
    this.weights = weights;
  }

  /** {@return the rows of the target, which may count differently} */
  static Points targets(Comparison comparison) {
    return all(comparison.target(), comparison.ops(), comparison.weights(), comparison.execution());
  }

  /** {@return all rows, each of which counts as 1} */
  static Points all(ComparedRows source, FloatOps ops, Execution execution) {
    return all(source, ops, null, execution);
  }

  private static Points all(
      ComparedRows source, FloatOps ops, double[] weights, Execution execution) {
    int columns = source.rows().columns();
    boolean keeps = HeapShare.TARGET.holds(4L * source.count() * columns);
    Points points = new Points(source, ops, null, keeps ? new ArrayList<>() : null, weights);
    if (keeps) {
      for (int panel = 0; panel < points.panels(); panel++) {
        points.panels.add(new Panel(columns, ops));
      }
      execution
          .workers()
          .run(
              points.panels(),
              panel -> {
                execution.progress().check();
                points.pack(panel, points.panels.get(panel), new float[columns]);
              });
    }
    return points;
  }

  /** {@return no rows yet} */
  static Points none(ComparedRows source, FloatOps ops) {
    return new Points(source, ops, new IntArrayList(), new ArrayList<>(), null);
  }

  /** Adds a row. */
  void add(int row) {
    if (size() % ops.lanes() == 0) {
      panels.add(new Panel(source.rows().columns(), ops));
    }
    put(size() % ops.lanes(), row, panels.getLast(), new float[source.rows().columns()]);
    rows.add(row);
  }

  /** From now on no number of a point counts more than its cap. */
  void cap(float[] mostByPoint) {
    caps = Arrays.copyOf(mostByPoint, panels() * ops.lanes());
  }

  /** Lowers numbers of some rows with the points of a panel to the points' caps. */
  void lowerToCaps(int panel, int rows, float[] values) {
    int lanes = ops.lanes();
    for (int i = 0; caps != null && i < rows; i++) {
      for (int lane = 0; lane < lanes; lane++) {
        values[i * lanes + lane] = Math.min(values[i * lanes + lane], caps[panel * lanes + lane]);
      }
    }
  }

  private void pack(int panel, Panel packed, float[] spare) {
    for (int lane = 0; lane < used(panel); lane++) {
      put(lane, panel * ops.lanes() + lane, packed, spare);
    }
  }

  private void put(int lane, int row, Panel packed, float[] spare) {
    source.copyRow(row, spare, 0);
    packed.put(lane, spare, 0, source.norm(row));
  }

  ComparedRows source() {
    return source;
  }

  int size() {
    return rows == null ? source.count() : rows.size();
  }

  int panels() {
    return Math.ceilDiv(size(), ops.lanes());
  }

  /** {@return the points of a panel} */
  int used(int panel) {
    return Math.min(ops.lanes(), size() - panel * ops.lanes());
  }

  /** {@return the number of the row that is a point} */
  int row(int point) {
    return rows == null ? point : rows.getInt(point);
  }

  /**
   * Multiplies numbers of a panel's points by how much these count: a sum of the best of them is
   * then that of the weighted ones.
   *
   * @param values {@code count x lanes}
   */
  void weigh(int count, int panel, float[] values) {
    if (weights == null) {
      return;
    }
    int lanes = ops.lanes();
    for (int lane = 0; lane < used(panel); lane++) {
      double weight = weights[panel * lanes + lane];
      for (int at = lane; at < count * lanes; at += lanes) {
        values[at] = (float) (weight * values[at]);
      }
    }
  }

  /** {@return a number of a point as {@link #weigh} makes it} */
  double weighed(int point, double value) {
    return weights == null ? value : (float) (weights[point] * value);
  }

  /**
   * {@return a panel}
   *
   * @param spare what to pack it into where panels are not kept
   */
  Panel panel(int panel, Panel spare, float[] row) {
    if (panels != null) {
      return panels.get(panel);
    }
    pack(panel, spare, row);
    return spare;
  }
}
