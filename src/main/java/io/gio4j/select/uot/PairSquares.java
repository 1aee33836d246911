package io.gio4j.select.uot;

import io.gio4j.internal.BreakEven;
import io.gio4j.internal.Execution;
import io.gio4j.internal.HeapShare;
import io.gio4j.internal.RobustCenter;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.RowScaling;
import io.gio4j.internal.energy.CentredRows;
import io.gio4j.internal.energy.EnergySums;
import io.gio4j.internal.simd.FloatOps;
import io.gio4j.kernel.EnergyKernel;

/**
 * The squared distances of all pairs of a pool row and a target row, by blocks of pool rows and
 * panels of target rows, in float: their errors are about 1e-7 of the squared distances of the rows
 * from their middle, or of the regularisation where that is more, and 1e-5 of themselves at most.
 *
 * <p>All are kept where they fit {@link HeapShare#TRANSPORT_COSTS}. Otherwise those of a block are
 * computed in each pass, and held during it if they are few; the bits are the same.
 */
final class PairSquares {
  /** Floats of a block that a thread holds: 8 MB. */
  private static final int HELD = 1 << 21;

  /** At 5e8 multiply-adds, which the scalar code does in half a second. */
  private static final BreakEven VECTOR = new BreakEven(1 << 15);

  private final RowBlocks pool;
  private final EnergySums sums;
  private final CentredRows rows;
  private final EnergySums.Points targets;
  private final FloatOps ops;
  private final double factor;

  /** By block; null where they are not kept. */
  private final float[][] kept;

  /**
   * Prepares rows and targets.
   *
   * @param flat a squared distance whose share of 1e-7 changes no result
   * @param keptBytes what may be kept
   */
  PairSquares(RowBlocks target, RowBlocks pool, double flat, long keptBytes, Execution execution) {
    this.pool = pool;
    long pairs = (long) pool.rows() * target.rows();
    this.ops = VECTOR.ops(execution, pairs * pool.columns());
    double largest = Math.max(target.largest(), pool.largest());
    RowScaling scaling = RowScaling.byLargest(RobustCenter.orZero(target), largest);
    double length = Math.clamp(Math.sqrt(flat / 2), Double.MIN_NORMAL, Double.MAX_VALUE);
    this.sums =
        new EnergySums(new EnergyKernel(EnergyKernel.Kind.GAUSS, length), scaling, this.ops);
    this.factor = 1 / (scaling.scale() * scaling.scale());
    CentredRows[] centred = sums.centred(execution, target, pool);
    this.targets = sums.points(centred[0]);
    this.rows = centred[1];
    boolean keeps = 4.0 * pool.rows() * targets.panels() * targets.panelSize() <= keptBytes;
    this.kept = keeps ? new float[pool.blocks()][] : null;
  }

  FloatOps ops() {
    return ops;
  }

  /** {@return the factor from the numbers of a block to squared distances of the data} */
  double factor() {
    return factor;
  }

  int panels() {
    return targets.panels();
  }

  int lanes() {
    return targets.panelSize();
  }

  /** {@return the target rows of a panel} */
  int used(int panel) {
    return targets.used(panel);
  }

  /** {@return working memory for a thread} */
  Block block() {
    return new Block();
  }

  /** The squared distances of a block of pool rows. */
  final class Block {
    private final EnergySums.Rows compared = sums.rows(pool.blockRows());
    private float[] own = new float[0];
    private float[] values;
    private int count;
    private boolean complete;

    /** Loads a block. */
    void load(int block) {
      count = pool.count(block);
      if (kept != null && kept[block] != null) {
        values = kept[block];
        complete = true;
        return;
      }
      long all = (long) panels() * pool.blockRows() * lanes();
      complete = kept != null || all <= HELD;
      if (kept != null) {
        values = new float[panels() * count * lanes()];
      } else {
        if (own.length == 0) {
          own = new float[complete ? (int) all : pool.blockRows() * lanes()];
        }
        values = own;
      }
      compared.load(rows, block);
      for (int panel = 0; complete && panel < panels(); panel++) {
        compared.copySquares(targets, panel, values, panel * count * lanes());
      }
      if (kept != null) {
        kept[block] = values;
      }
    }

    /** {@return the rows of the block} */
    int count() {
      return count;
    }

    /** {@return where the numbers of a panel begin in {@link #values}, until the next call} */
    int at(int panel) {
      if (complete) {
        return panel * count * lanes();
      }
      compared.copySquares(targets, panel, values, 0);
      return 0;
    }

    float[] values() {
      return values;
    }
  }
}
