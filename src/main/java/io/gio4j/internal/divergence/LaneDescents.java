package io.gio4j.internal.divergence;

import io.gio4j.internal.Panel;
import io.gio4j.internal.RobustCenter;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.RowScaling;
import io.gio4j.internal.parallel.WorkerPool;
import io.gio4j.internal.simd.FloatOps;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Many descents side by side: one pass over X moves as many points as registers hold by one step.
 *
 * <p><b>Idea.</b> The gradient needs the selection only through its size, so a descent can be
 * computed before the picks of earlier descents are known. One descent alone streams X through the
 * core twice for two multiply-adds a number; {@code L} descents together are two matrix products a
 * step, X times the points and the weights times X, bound by arithmetic and not by memory.
 *
 * <p><b>Precision.</b> Products are in float, over rows and points relative to a point in the
 * target's middle, in units (which leaves the divergence as it is and norms as small as possible).
 * Squared distances that lose digits to cancellation, and the contributions of their rows, are
 * recomputed in double ({@link FloatOps#CANCELLATION}). The points themselves, and sums over more
 * than {@link #FLOAT_ROWS} rows, are in double. Points agree with {@link DivergenceGradient} to
 * about 1e-6 of their size.
 *
 * <p><b>Scheduling.</b> Each thread has its own lanes and never waits for another; a lane whose
 * descent has ended takes the next one. A lane's arithmetic does not depend on the other lanes, so
 * results have the same bits for any number of threads and lanes.
 *
 * <p><b>Memory.</b> A second copy of X, centred.
 */
public final class LaneDescents {
  /** Rows summed in float before their sum is added in double: its error is about 1e-6 at worst. */
  private static final int FLOAT_ROWS = 1024;

  private final TargetModel target;
  private final RowBlocks blocks;
  private final FloatOps ops;
  private final RowScaling scaling;
  private final double perUnit;
  private final float[][] centred;
  private final float[][] norms;

  /**
   * Numbers in a target below which one descent at a time, in double, is as fast: a pass takes a
   * few microseconds.
   */
  private static final long MIN_NUMBERS = 16_384;

  /**
   * Columns below which products no longer take most of the time. With few columns descents are
   * also chaotic (the reference's 2-D example moves by a thousand times the gradient, and a last
   * bit then decides between 43 and 97 picks), so double is the better choice there.
   */
  private static final int MIN_COLUMNS = 16;

  /**
   * A descent to compute.
   *
   * @param start d numbers, only read
   * @param steps how many
   * @param rate learning rate times scale
   * @param selected rows in the selection during the descent
   */
  public record Task(double[] start, int steps, double rate, int selected) {}

  /** Makes the centred copy of the target's rows. */
  public LaneDescents(TargetModel target) {
    if (!target.blocks().isPacked()) {
      throw new IllegalStateException("the target is read in parts; use DivergenceGradient");
    }
    this.target = target;
    this.blocks = target.blocks();
    this.ops = target.ops();
    this.perUnit = 1 / target.unit();
    this.scaling = new RowScaling(RobustCenter.of(blocks), perUnit);
    this.centred = new float[blocks.blocks()][];
    this.norms = new float[blocks.blocks()][];
    target.execution().workers().run(blocks.blocks(), this::centre);
  }

  /** Whether lanes are faster for this target, and two copies of it fit their share of the heap. */
  public static boolean suit(TargetModel target) {
    return target.blocks().isPacked()
        && target.columns() >= MIN_COLUMNS
        && (long) target.rows() * target.columns() >= MIN_NUMBERS;
  }

  private void centre(int block) {
    target.execution().progress().check();
    int count = blocks.count(block);
    int columns = scaling.columns();
    float[] shifted = new float[count * columns];
    scaling.apply(blocks.kept(block), 0, count, shifted);
    float[] squares = new float[count];
    for (int row = 0; row < count; row++) {
      squares[row] = (float) Panel.squaredNorm(shifted, row * columns, columns);
    }
    centred[block] = shifted;
    norms[block] = squares;
  }

  /** {@return how many descents all threads together can advance at once} */
  public int width() {
    return ops.lanes() * target.execution().workers().threads();
  }

  /** {@return the end points of the descents, in the order of the tasks} */
  public double[][] run(List<Task> tasks) {
    double[][] ends = new double[tasks.size()][];
    AtomicInteger next = new AtomicInteger();
    WorkerPool workers = target.execution().workers();
    int groups = Math.min(workers.threads(), Math.ceilDiv(tasks.size(), ops.lanes()));
    workers.run(groups, group -> new Group(tasks, next, ends).run());
    return ends;
  }

  /** The lanes of one thread. */
  private final class Group {
    private final List<Task> tasks;
    private final AtomicInteger next;
    private final double[][] ends;

    private final int lanes = ops.lanes();
    private final int columns = scaling.columns();
    private final int[] taskOfLane = new int[lanes];
    private final int[] stepsLeft = new int[lanes];
    private final double[] stepSizes = new double[lanes];
    private final double[] points = new double[columns * lanes];
    private final double[] sums = new double[columns * lanes];
    private final double[] weightSums = new double[lanes];

    private final float[] floatPoints = new float[columns * lanes];
    private final float[] floatSums = new float[columns * lanes];
    private final float[] floatWeightSums = new float[lanes];
    private final float[] pointNorms = new float[lanes];
    private final float[] products = new float[blocks.blockRows() * lanes];
    private final float[] weights = new float[blocks.blockRows() * lanes];

    Group(List<Task> tasks, AtomicInteger next, double[][] ends) {
      this.tasks = tasks;
      this.next = next;
      this.ends = ends;
      Arrays.fill(taskOfLane, -1);
    }

    void run() {
      while (refill()) {
        step();
      }
    }

    /** Empties lanes whose descent has ended and refills them; false when all lanes are empty. */
    private boolean refill() {
      boolean busy = false;
      for (int lane = 0; lane < lanes; lane++) {
        if (taskOfLane[lane] >= 0 && stepsLeft[lane] == 0) {
          finish(lane);
        }
        while (taskOfLane[lane] < 0 && next.get() < tasks.size()) {
          int task = next.getAndIncrement();
          if (task < tasks.size()) {
            begin(lane, task);
          }
        }
        busy |= taskOfLane[lane] >= 0;
      }
      return busy;
    }

    private void begin(int lane, int task) {
      Task descent = tasks.get(task);
      if (descent.steps() == 0) {
        ends[task] = descent.start().clone();
        return;
      }
      taskOfLane[lane] = task;
      stepsLeft[lane] = descent.steps();
      stepSizes[lane] =
          descent.rate()
              * DivergenceGradient.factor(target, descent.selected(), false)
              * target.perSquare();
      for (int column = 0; column < columns; column++) {
        points[column * lanes + lane] = scaling.scaled(descent.start()[column], column);
      }
    }

    private void finish(int lane) {
      double[] end = new double[columns];
      for (int column = 0; column < columns; column++) {
        end[column] = points[column * lanes + lane] * target.unit() + scaling.offset(column);
        points[column * lanes + lane] = 0;
      }
      ends[taskOfLane[lane]] = end;
      taskOfLane[lane] = -1;
      stepSizes[lane] = 0;
    }

    private void step() {
      narrowPoints();
      Arrays.fill(sums, 0);
      Arrays.fill(weightSums, 0);
      int rows = 0;
      for (int block = 0; block < blocks.blocks(); block++) {
        target.execution().progress().check();
        int count = blocks.count(block);
        float[] values = centred[block];
        ops.products().multiply(values, 0, count, columns, floatPoints, products);
        boolean cancelled =
            ops.distances()
                .gradientWeights(
                    norms[block],
                    0,
                    count,
                    pointNorms,
                    (float) target.epsilon(),
                    products,
                    weights);
        if (cancelled) {
          recompute(block);
        }
        ops.products().addWeights(count, weights, floatWeightSums);
        ops.products().addRows(values, 0, count, columns, weights, floatSums);
        rows += count;
        if (rows >= FLOAT_ROWS || block == blocks.blocks() - 1) {
          widenSums();
          rows = 0;
        }
      }
      move();
    }

    private void narrowPoints() {
      double[] squares = new double[lanes];
      for (int column = 0; column < columns; column++) {
        for (int lane = 0; lane < lanes; lane++) {
          float value = (float) points[column * lanes + lane];
          floatPoints[column * lanes + lane] = value;
          squares[lane] += (double) value * value;
        }
      }
      for (int lane = 0; lane < lanes; lane++) {
        pointNorms[lane] = (float) squares[lane];
      }
    }

    /**
     * Moves entries whose squared distance lost digits from the float sums to those in double, with
     * exact differences to the original rows. An exact weight alone would not suffice: near a row
     * {@code w v} and {@code w x} are large and nearly equal.
     */
    private void recompute(int block) {
      float[] original = blocks.kept(block);
      for (int row = 0; row < blocks.count(block); row++) {
        for (int lane = 0; lane < lanes; lane++) {
          float both = norms[block][row] + pointNorms[lane];
          float squared = Math.fma(-2f, products[row * lanes + lane], both);
          if (squared < FloatOps.CANCELLATION * both) {
            weights[row * lanes + lane] = 0;
            addExact(original, row, lane);
          }
        }
      }
    }

    private void addExact(float[] rows, int row, int lane) {
      double weight = DivergenceGradient.weight(squaredDistance(rows, row, lane), target.epsilon());
      weightSums[lane] += weight;
      for (int column = 0; column < columns; column++) {
        double value = scaling.scaled(rows[row * columns + column], column);
        sums[column * lanes + lane] = Math.fma(weight, value, sums[column * lanes + lane]);
      }
    }

    private double squaredDistance(float[] rows, int row, int lane) {
      double sum = 0;
      for (int column = 0; column < columns; column++) {
        double point = points[column * lanes + lane] * target.unit() + scaling.offset(column);
        double difference = (rows[row * columns + column] - point) * perUnit;
        sum = Math.fma(difference, difference, sum);
      }
      return sum;
    }

    private void widenSums() {
      for (int i = 0; i < sums.length; i++) {
        sums[i] += floatSums[i];
      }
      for (int lane = 0; lane < lanes; lane++) {
        weightSums[lane] += floatWeightSums[lane];
      }
      Arrays.fill(floatSums, 0);
      Arrays.fill(floatWeightSums, 0);
    }

    private void move() {
      for (int column = 0; column < columns; column++) {
        for (int lane = 0; lane < lanes; lane++) {
          int at = column * lanes + lane;
          points[at] -= stepSizes[lane] * (weightSums[lane] * points[at] - sums[at]);
        }
      }
      for (int lane = 0; lane < lanes; lane++) {
        stepsLeft[lane]--;
      }
    }
  }
}
