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
 * Which pool rows will be picked first, from a sample of the target.
 *
 * <p>The first picks are the rows of the smallest a(g), and it takes all of a product to know them.
 * The same product can find the lists that come after, if these picks are known before: then it is
 * done once and not twice. A sixteenth of the target names a few hundred candidates, and among
 * these a(g) over the whole target tells. A wrong guess costs the second product, and changes no
 * pick.
 */
final class CoverageForesight {
  /** Smaller targets are not worth it: their second product is as small. */
  static final int LEAST_ROWS = 512;

  private static final int LEAST_SAMPLE = 128;
  private static final int ONE_OF = 16;

  /**
   * Candidates, of a large pool: the mean of 1,000 logarithms errs by less than what lies between
   * the first row and so many. Their product with the target is a thirty-second at most.
   */
  private static final int CANDIDATES = 256;

  private static final int CANDIDATE_OF = 32;

  private final MeanLogBounds means;
  private final double[] meanLogs;

  private CoverageForesight(MeanLogBounds means, int poolRows) {
    this.means = means;
    this.meanLogs = new double[poolRows];
  }

  /** Null where it is not worth it. */
  static CoverageForesight of(
      SelectionRequest request, double epsilon, double unit, Execution execution) {
    FloatMatrix target = request.target();
    if (target.rows() < LEAST_ROWS) {
      return null;
    }
    int count = Math.max(LEAST_SAMPLE, target.rows() / ONE_OF);
    float[] rows = new float[count * target.columns()];
    for (int i = 0; i < count; i++) {
      int row = (int) ((long) i * target.rows() / count);
      target.copyRows(row, 1, rows, i * target.columns());
    }
    FloatMatrix sample = FloatMatrix.of(rows, count, target.columns()).named(target.name());
    TargetModel model = new TargetModel(sample, epsilon, unit, execution);
    return MeanLogBounds.suits(model)
        ? new CoverageForesight(new MeanLogBounds(model), request.pool().rows())
        : null;
  }

  /** Takes notice of a block of the pool. */
  void look(RowBlocks blocks, int block, float[] rows) {
    double[] found = new double[blocks.count(block)];
    means.bound(rows, found.length, found);
    System.arraycopy(found, 0, meanLogs, blocks.firstRow(block), found.length);
  }

  /** What a pool row is worth. */
  @FunctionalInterface
  interface Worth {
    double of(int row, double meanLog);
  }

  /** Rows among which the first k will be, in no order. */
  int[] candidates(int neighbors, BitSet leftOut, Worth worth) {
    int most = Math.max(4 * neighbors, Math.clamp(meanLogs.length / CANDIDATE_OF, 8, CANDIDATES));
    PriorityQueue<Scored> best = new PriorityQueue<>();
    for (int row = 0; row < meanLogs.length; row++) {
      double score = worth.of(row, meanLogs[row]);
      if (!leftOut.get(row) && (best.size() < most || score > best.element().score())) {
        best.add(new Scored(score, row));
        if (best.size() > most) {
          best.remove();
        }
      }
    }
    return best.stream().mapToInt(Scored::row).toArray();
  }
}
