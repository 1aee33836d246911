package io.gio4j.select.cover;

import io.gio4j.internal.BreakEven;
import io.gio4j.internal.EqualRows;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RobustCenter;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.RowScaling;
import io.gio4j.internal.simd.FloatOps;
import io.gio4j.select.SelectionRequest;
import java.util.Arrays;
import java.util.Objects;

/**
 * Pool, target and existing rows as they are compared, and the factors between compared numbers and
 * similarities.
 */
final class Comparison {
  /** At 5e8 multiply-adds, which the scalar code does in half a second. */
  private static final BreakEven VECTOR = new BreakEven(1 << 15);

  private final Similarity similarity;
  private final Execution execution;
  private final FloatOps ops;
  private final RowScaling scaling;
  private final ComparedRows pool;
  private final ComparedRows target;
  private final ComparedRows existing;

  /** By target row, how much it counts; null where all count the same. */
  private final double[] weights;

  Comparison(SelectionRequest request, Similarity similarity, Execution execution) {
    this.similarity = similarity;
    this.execution = execution;
    RowBlocks[] all = {
      RowBlocks.readOften(request.target(), execution),
      RowBlocks.of(request.pool(), execution),
      request.existing() == null ? null : RowBlocks.of(request.existing(), execution)
    };
    RowBlocks[] present = Arrays.stream(all).filter(Objects::nonNull).toArray(RowBlocks[]::new);
    long pairs = (long) request.pool().rows() * request.target().rows();
    this.ops = VECTOR.ops(execution, pairs * request.pool().columns());
    float selectable = all[2] == null ? 0 : all[2].largest();
    selectable = Math.max(selectable, all[1].largest());
    this.scaling = similarity.isDistance() ? scaling(all[0], selectable) : null;
    // The digits of equal rows cancel, and where there are many each pair would be computed again.
    boolean cancels = scaling != null && !scaling.byDifferences();
    int[][] ids = cancels ? EqualRows.of(execution, present) : new int[3][];
    double ofSelectable = scale(selectable);
    this.target = compared(all[0], scale(all[0].largest()), ids[0]);
    this.pool = compared(all[1], ofSelectable, ids[1]);
    this.weights = request.targetWeights();
    this.existing = all[2] == null ? null : compared(all[2], ofSelectable, ids[2]);
  }

  private static RowScaling scaling(RowBlocks target, float selectable) {
    double[] center = RobustCenter.orZero(target);
    return RowScaling.byLargest(center, Math.max(target.largest(), selectable));
  }

  /** {@return the power of two that makes numbers at most 1} */
  private double scale(float largest) {
    boolean scales = similarity == Similarity.DOT && largest > 0;
    return scales ? Math.scalb(1.0, -Math.getExponent((double) largest) - 1) : 1;
  }

  private ComparedRows compared(RowBlocks rows, double scale, int[] ids) {
    return new ComparedRows(rows, similarity, scaling, scale, ids, execution);
  }

  Similarity similarity() {
    return similarity;
  }

  Execution execution() {
    return execution;
  }

  FloatOps ops() {
    return ops;
  }

  int columns() {
    return pool.rows().columns();
  }

  /** {@return the scaling of distances; null for other similarities} */
  RowScaling scaling() {
    return scaling;
  }

  ComparedRows pool() {
    return pool;
  }

  ComparedRows target() {
    return target;
  }

  /** {@return how much each target row counts in sums over the target; null for 1} */
  double[] weights() {
    return weights;
  }

  /** {@return the existing rows; null without any} */
  ComparedRows existing() {
    return existing;
  }

  /** {@return the factor from compared numbers of a selectable row and a target row} */
  double withTarget() {
    return scaling == null
        ? 1 / (pool.scale() * target.scale())
        : 1 / (scaling.scale() * scaling.scale());
  }

  /** {@return the factor from compared numbers of two selectable rows} */
  double withinPool() {
    return scaling == null ? 1 / (pool.scale() * pool.scale()) : withTarget();
  }
}
