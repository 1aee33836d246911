package io.gio4j.select.coverage;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.divergence.MeanLogBounds;
import io.gio4j.internal.divergence.TargetModel;
import io.gio4j.internal.select.Scored;
import io.gio4j.select.SelectionRequest;
import java.util.BitSet;
import java.util.PriorityQueue;

/**
 * Ranks pool rows by a sample of the target, to predict which will be picked first.
 *
 * <p>The first picks are the rows of the smallest a(g), and only a full product finds them. The
 * same product can also make the lists that are needed next if these picks are predicted: then one
 * product suffices instead of two. A sixteenth of the target yields a few hundred candidates, and
 * a(g) over all target rows decides among these. A wrong prediction costs the second product but
 * changes no pick.
 */
final class SampleRanking {
  /** Smaller targets are not worth it: their second product is cheap. */
  static final int LEAST_ROWS = 512;

  private static final int LEAST_SAMPLE = 128;
  private static final int ONE_OF = 16;

  /**
   * Candidates from a large pool: the mean of 1,000 logarithms errs by less than the difference
   * between the first row and the 256th. Their product with the target is at most 1/32 of that of
   * all rows.
   */
  private static final int CANDIDATES = 256;

  private static final int CANDIDATE_OF = 32;

  private final MeanLogBounds means;
  private final double[] meanLogs;

  private SampleRanking(MeanLogBounds means, int poolRows) {
    this.means = means;
    this.meanLogs = new double[poolRows];
  }

  /** {@return a ranking; null where it would not pay} */
  static SampleRanking of(
      SelectionRequest request, double epsilon, double unit, Execution execution) {
    FloatMatrix target = request.target();
    if (target.rows() < LEAST_ROWS) {
      return null;
    }
    int count = Math.max(LEAST_SAMPLE, target.rows() / ONE_OF);
    float[] rows = new float[count * target.columns()];
    double[] weights = request.targetWeights();
    double[] ofSample = weights == null ? null : new double[count];
    for (int i = 0; i < count; i++) {
      int row = (int) ((long) i * target.rows() / count);
      if (weights != null) {
        ofSample[i] = weights[row];
      }
      target.copyRows(row, 1, rows, i * target.columns());
    }
    FloatMatrix sample = FloatMatrix.of(rows, count, target.columns()).named(target.name());
    TargetModel model = new TargetModel(sample, epsilon, unit, execution);
    return MeanLogBounds.suits(model)
        ? new SampleRanking(new MeanLogBounds(model, ofSample), request.pool().rows())
        : null;
  }

  /** Ranks the rows of a block of the pool. */
  void rank(RowBlocks blocks, int block, float[] rows) {
    double[] found = new double[blocks.count(block)];
    means.bound(rows, found.length, found);
    System.arraycopy(found, 0, meanLogs, blocks.firstRow(block), found.length);
  }

  /** Scores a pool row by its a(g): the larger, the sooner it is picked. */
  @FunctionalInterface
  interface Score {
    double of(int row, double meanLog);
  }

  /** {@return rows that are likely to include the first k picks, in no order} */
  int[] candidates(int k, BitSet leftOut, Score score) {
    int most = Math.max(4 * k, Math.clamp(meanLogs.length / CANDIDATE_OF, 8, CANDIDATES));
    PriorityQueue<Scored> best = new PriorityQueue<>();
    for (int row = 0; row < meanLogs.length; row++) {
      double value = score.of(row, meanLogs[row]);
      if (!leftOut.get(row) && (best.size() < most || value > best.element().score())) {
        best.add(new Scored(value, row));
        if (best.size() > most) {
          best.remove();
        }
      }
    }
    return best.stream().mapToInt(Scored::row).toArray();
  }
}
