package io.gio4j.select.coverage;

import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.divergence.TargetModel;
import io.gio4j.internal.simd.FloatOps;

/** The largest distance of rows from a point. */
final class Radius {
  private final double[] center;
  private final Execution execution;
  private double largestSquared;

  Radius(double[] center, Execution execution) {
    this.center = center;
    this.execution = execution;
  }

  /** Includes the rows of a block. */
  void include(RowBlocks blocks, int block, float[] rows) {
    FloatOps ops = execution.opsFor((long) blocks.rows() * blocks.columns());
    double[] squared = new double[blocks.count(block)];
    ops.rows().squaredDistances(rows, 0, squared.length, center.length, center, squared, 0);
    raise(squared);
  }

  /** Includes the rows of a target. */
  void include(TargetModel target) {
    double[] squared = new double[target.rows()];
    target.squaredDistances(center, squared);
    raise(squared);
  }

  private synchronized void raise(double[] squared) {
    for (double value : squared) {
      largestSquared = Math.max(largestSquared, value);
    }
  }

  /** {@return the largest distance} */
  double largest() {
    return Math.sqrt(largestSquared);
  }
}
