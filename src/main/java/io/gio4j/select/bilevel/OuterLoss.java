package io.gio4j.select.bilevel;

import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.simd.RowOps;

/** The mean losses of models on the whole pool, all in one pass over it. */
final class OuterLoss {
  private final RowBlocks pool;
  private final Labels labels;
  private final RowOps ops;
  private final Execution execution;

  OuterLoss(RowBlocks pool, Labels labels, RowOps ops, Execution execution) {
    this.pool = pool;
    this.labels = labels;
    this.ops = ops;
    this.execution = execution;
  }

  /**
   * {@return the mean loss of each model}
   *
   * @param models as {@link InnerFit#fit} returns them; the loss of null is NaN
   */
  double[] of(double[][][] models) {
    double[][] sums = new double[pool.blocks()][models.length];
    execution
        .workers()
        .run(
            pool.blocks(),
            block ->
                pool.read(
                    block,
                    rows -> {
                      for (int model = 0; model < models.length; model++) {
                        execution.progress().check();
                        sums[block][model] =
                            models[model] == null ? Double.NaN : sum(block, rows, models[model]);
                      }
                    }));
    double[] losses = new double[models.length];
    for (int model = 0; model < models.length; model++) {
      for (double[] ofBlock : sums) {
        losses[model] += ofBlock[model];
      }
      losses[model] /= pool.rows();
    }
    return losses;
  }

  private double sum(int block, float[] rows, double[][] model) {
    int count = pool.count(block);
    double[][] predictions = new double[model.length][count];
    for (int output = 0; output < model.length; output++) {
      ops.innerProducts(rows, 0, count, pool.columns(), model[output], predictions[output]);
    }
    double[] ofRow = new double[model.length];
    double sum = 0;
    for (int row = 0; row < count; row++) {
      for (int output = 0; output < ofRow.length; output++) {
        ofRow[output] = predictions[output][row] + model[output][pool.columns()];
      }
      sum += labels.loss(pool.firstRow(block) + row, ofRow);
    }
    return sum;
  }
}
