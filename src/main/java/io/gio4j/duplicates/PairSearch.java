package io.gio4j.duplicates;

import io.gio4j.data.FloatMatrix;
import io.gio4j.distance.LengthUnit;
import io.gio4j.internal.Execution;
import io.gio4j.internal.HeapShare;
import io.gio4j.internal.Panel;
import io.gio4j.internal.RobustCenter;
import io.gio4j.internal.RoundingError;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.RowScaling;
import io.gio4j.internal.Scratch;
import io.gio4j.internal.neighbors.NearPairs;
import io.gio4j.internal.simd.FloatOps;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * All pairs of rows within a radius of each other: filter and refine.
 *
 * <p>Rows are put into {@link Clusters}, and three bounds leave out what cannot be near. All of
 * them hold for any centres; that is, how good the clusters are affects time alone. With r the
 * radius, c the centre of x's cluster and e that of another, y a row of the other:
 *
 * <ol>
 *   <li>Between the clusters lies the plane of all points as far from c as from e. From x it is
 *       {@code (|x - e|^2 - |x - c|^2) / (2 |c - e|)} away, and y lies behind it. So x is compared
 *       with that cluster only if this is at most r.
 *   <li>{@code |x - y|} is at least the difference of {@code |x - e|} and {@code |y - e|}. Rows lie
 *       by their distance from e, so x is compared with a part of them.
 *   <li>What is left is compared by a product in float of the rows' {@link Head}.
 * </ol>
 *
 * <p>Pairs that remain are measured exactly, by differences in double. Bounds have room for all
 * roundings, so the answer is that of measuring all pairs.
 *
 * <p>Costs n products with the root of n centres, and n^2 / 2 products of 65 columns where neither
 * clusters nor distances from centres tell rows apart. Keeps {@code 4 (h + 1)} bytes a row for the
 * head, up to an eighth of the heap, and 40 more.
 */
final class PairSearch {
  /** Rows of a task: a multiple of the lanes of every width. */
  private static final int TASK_ROWS = 64;

  /** Rows from which the head's directions are computed. */
  private static final int SAMPLE = 1024;

  /** Room in bounds of distances from centres for roundings in double. */
  private static final double ROUNDING = 0x1p-40;

  private final RowBlocks rows;
  private final int[] chosen;
  private final int firstNew;
  private final double squaredRadius;
  private final Execution execution;
  private final FloatOps ops;
  private final int columns;
  private final int lanes;
  private final double perUnit;
  private final RowScaling scaling;
  private final double[] center;
  private final Clusters clusters;

  /** Rows by their position: those of a cluster one after another, from a full panel on. */
  private final int[] placeAt;

  private final int[] positions;
  private final Head head;
  private final Panel[] panels;
  private final float[] panelLimits;
  private final float errorShare;

  /** By panel, its rows' largest and smallest distance from their centre, in units. */
  private final double[] farthest;

  private final double[] nearest;
  private final NearPairs centerPairs;
  private final double radius;
  private final AtomicLong done = new AtomicLong();

  /**
   * Prepares a search.
   *
   * @param chosen numbers of the rows to search, by place
   * @param firstNew places below it are not compared with each other
   * @param squaredRadius above 0
   */
  PairSearch(
      RowBlocks rows, int[] chosen, int firstNew, double squaredRadius, Execution execution) {
    this.rows = rows;
    this.chosen = chosen;
    this.firstNew = firstNew;
    this.squaredRadius = squaredRadius;
    this.execution = execution;
    this.columns = rows.columns();
    this.ops = execution.opsFor((long) chosen.length * columns);
    this.lanes = ops.lanes();
    FloatMatrix matrix = rows.matrix();
    this.center = RobustCenter.of(rows);
    double unit = LengthUnit.TYPICAL.of(matrix, matrix);
    this.perUnit = 1 / unit;
    this.scaling = new RowScaling(center, perUnit);
    this.radius = Math.sqrt(squaredRadius) * perUnit * (1 + ROUNDING);
    this.clusters = Clusters.of(matrix.pick(chosen), execution);
    this.positions = new int[clusters.count() + 1];
    for (int cluster = 0; cluster < clusters.count(); cluster++) {
      positions[cluster + 1] =
          positions[cluster] + Math.ceilDiv(clusters.size(cluster), lanes) * lanes;
    }
    this.placeAt = new int[positions[clusters.count()]];
    Arrays.fill(placeAt, -1);
    for (int cluster = 0; cluster < clusters.count(); cluster++) {
      System.arraycopy(
          clusters.order(),
          clusters.starts()[cluster],
          placeAt,
          positions[cluster],
          clusters.size(cluster));
    }
    this.head = head();
    this.errorShare = (float) head.errorShare();
    this.panels = new Panel[placeAt.length / lanes];
    this.farthest = new double[panels.length];
    this.nearest = new double[panels.length];
    float limit = Math.nextUp(NearPairs.limit(squaredRadius * perUnit * perUnit));
    this.panelLimits = new float[lanes];
    Arrays.fill(panelLimits, limit);
    execution.progress().stage("pack", panels.length);
    execution.workers().run(panels.length, this::pack);
    RowBlocks centers = RowBlocks.of(clusters.centers(), execution);
    this.centerPairs = new NearPairs(centers, 0, centers.rows(), center, unit, execution);
  }

  private Head head() {
    int sampled = Math.min(SAMPLE, chosen.length);
    float[] sample = new float[sampled * columns];
    for (int i = 0; i < sampled; i++) {
      rows.copyRow(chosen[(int) ((long) i * chosen.length / sampled)], sample, i * columns);
    }
    scaling.apply(sample, 0, sampled, sample);
    long most = HeapShare.NEIGHBOR_LISTS.bytes() / Float.BYTES / chosen.length - 2;
    int directions = Math.clamp(most, 8, Head.DIRECTIONS);
    return Head.of(sample, sampled, columns, directions, ops, execution.progress());
  }

  private void pack(int panel) {
    execution.progress().check();
    Panel packed = new Panel(head.columns(), ops);
    float[] values = new float[lanes * columns];
    float[] heads = new float[lanes * head.columns()];
    int used = used(panel);
    for (int lane = 0; lane < used; lane++) {
      rows.copyRow(chosen[placeAt[panel * lanes + lane]], values, lane * columns);
    }
    scaling.apply(values, 0, used, values);
    head.apply(values, used, ops, heads);
    for (int lane = 0; lane < used; lane++) {
      int offset = lane * head.columns();
      packed.put(lane, heads, offset, (float) Panel.squaredNorm(heads, offset, head.columns()));
    }
    panels[panel] = packed;
    farthest[panel] = ownDistance(placeAt[panel * lanes]) * (1 + ROUNDING);
    nearest[panel] = ownDistance(placeAt[panel * lanes + used - 1]) * (1 - ROUNDING);
    execution.progress().advance(panel + 1L);
  }

  /** {@return the distance of a row from its centre, in units} */
  private double ownDistance(int place) {
    return Math.sqrt(clusters.squaredDistances()[place]) * perUnit;
  }

  /** Lanes of a panel that hold a row; those of a cluster's last one may be fewer. */
  private int used(int panel) {
    int first = panel * lanes;
    int used = lanes;
    while (placeAt[first + used - 1] < 0) {
      used--;
    }
    return used;
  }

  /**
   * Finds the pairs.
   *
   * @return pairs of places, sorted; null if there are more than {@code most}
   */
  PairList pairs(int most) {
    PairList found = new PairList(most);
    List<Part> parts = parts();
    Scratch<Task> scratch = new Scratch<>(() -> new Task(found));
    long total = 0;
    for (int cluster = 0; cluster < clusters.count(); cluster++) {
      total += clusters.size(cluster) * (long) (chosen.length - clusters.starts()[cluster]);
    }
    execution.progress().stage("pairs", total);
    try {
      execution.workers().run(parts.size(), part -> scratch.use(task -> task.run(parts.get(part))));
    } catch (PairList.Full tooMany) {
      return null;
    }
    found.sort(chosen.length, execution.progress());
    return found;
  }

  /** Rows of a task: those of a cluster from a position on. */
  private record Part(int cluster, int first) {}

  private List<Part> parts() {
    List<Part> parts = new ArrayList<>();
    for (int cluster = 0; cluster < clusters.count(); cluster++) {
      for (int at = positions[cluster]; at < positions[cluster + 1]; at += TASK_ROWS) {
        parts.add(new Part(cluster, at));
      }
    }
    return parts;
  }

  /** Compares some rows of a cluster with those of it that follow, and with later clusters. */
  private final class Task {
    private final PairList found;
    private final int stride = 2 * lanes;
    private final float[] values = new float[(TASK_ROWS + 1) * columns];
    private final float[] heads = new float[TASK_ROWS * head.columns()];
    private final double[][] exact = new double[TASK_ROWS][];
    private final float[] norms = new float[TASK_ROWS];

    /** By row and centre, bounds of their squared distance in units. */
    private final double[] lowest = new double[(TASK_ROWS + 1) * clusters.count()];

    private final double[] highest = new double[(TASK_ROWS + 1) * clusters.count()];
    private final int[] selected = new int[TASK_ROWS];
    private final int[] offsets = new int[TASK_ROWS];
    private final float[] selectedNorms = new float[TASK_ROWS];
    private final float[] products = new float[TASK_ROWS * lanes];
    private final int[] points = new int[TASK_ROWS * stride];
    private final float[] bounds = new float[TASK_ROWS * stride];
    private final int[] sizes = new int[TASK_ROWS];
    private final float[] others = new float[lanes * columns];
    private final boolean[] isRead = new boolean[lanes];
    private final double[] squared = new double[1];
    private final int[] one = new int[TASK_ROWS * lanes];
    private final int[] other = new int[TASK_ROWS * lanes];
    private final double[] distances = new double[TASK_ROWS * lanes];
    private int hits;
    private int first;
    private int count;

    Task(PairList found) {
      this.found = found;
    }

    void run(Part part) {
      first = part.first;
      int cluster = part.cluster;
      read(cluster);
      measureCenters();
      for (int next = cluster; next < clusters.count(); next++) {
        if (clusters.size(next) > 0) {
          compare(cluster, next);
        }
      }
      long left = chosen.length - (long) clusters.starts()[cluster];
      execution.progress().advance(done.addAndGet(count * left));
    }

    private void read(int cluster) {
      int end = Math.min(first + TASK_ROWS, positions[cluster] + clusters.size(cluster));
      count = end - first;
      int width = head.columns();
      for (int row = 0; row < count; row++) {
        int at = first + row;
        rows.copyRow(chosen[placeAt[at]], values, row * columns);
        exact[row] = null;
        Panel panel = panels[at / lanes];
        norms[row] = panel.norms()[at % lanes];
        for (int column = 0; column < width; column++) {
          heads[row * width + column] = panel.values()[column * lanes + at % lanes];
        }
      }
      clusters.centers().copyRows(cluster, 1, values, count * columns);
    }

    /** The distances of the rows, and of their own centre, from all centres. */
    private void measureCenters() {
      if (clusters.count() == 1) {
        return;
      }
      int block = RowBlocks.blockRows(columns);
      double share = RoundingError.ofProducts(columns);
      for (int from = 0; from <= count; from += block) {
        int here = Math.min(block, count + 1 - from);
        float[] part = Arrays.copyOfRange(values, from * columns, (from + here) * columns);
        int offset = from;
        centerPairs.multiply(
            part,
            here,
            (panel, products, rowNorms) -> {
              float[] centerNorms = centerPairs.norms(panel);
              for (int row = 0; row < here; row++) {
                int at = (offset + row) * clusters.count() + panel * centerPairs.lanes();
                for (int lane = 0; lane < centerPairs.used(panel); lane++) {
                  double sum = (double) rowNorms[row] + centerNorms[lane];
                  double square = sum - 2.0 * products[row * centerPairs.lanes() + lane];
                  double error = share * sum + 0x1p-100;
                  boolean known = square + error < Float.MAX_VALUE; // not for NaN
                  lowest[at + lane] = known ? Math.max(0, square - error) : 0;
                  highest[at + lane] = known ? square + error : Double.POSITIVE_INFINITY;
                }
              }
            });
      }
    }

    private void compare(int cluster, int next) {
      double near = Double.POSITIVE_INFINITY;
      double far = 0;
      int chosenCount = 0;
      double[] own = clusters.squaredDistances();
      double outside = Math.sqrt(clusters.farthest(next)) * perUnit * (1 + ROUNDING) + radius;
      double squaredOutside = outside * outside * (1 + ROUNDING);
      double behind = 0;
      if (next != cluster) {
        double between = Math.sqrt(highest[count * clusters.count() + next]);
        // The rows of the other cluster are no nearer to this centre, up to the double's rounding.
        double rounding = clusters.farthest(next) * perUnit * perUnit * ROUNDING;
        behind = 2 * between * radius * (1 + ROUNDING) + rounding;
      }
      for (int row = 0; row < count; row++) {
        double ownSquared = own[placeAt[first + row]] * perUnit * perUnit;
        double low = ownSquared * (1 - ROUNDING);
        double high = ownSquared * (1 + ROUNDING);
        if (next != cluster) {
          low = lowest[row * clusters.count() + next];
          if (low > squaredOutside || low - high > behind) {
            continue;
          }
          high = highest[row * clusters.count() + next];
        }
        near = Math.min(near, low);
        far = Math.max(far, high);
        selected[chosenCount] = row;
        offsets[chosenCount] = row * head.columns();
        selectedNorms[chosenCount] = norms[row];
        chosenCount++;
      }
      if (chosenCount > 0) {
        double nearer = Math.sqrt(near) * (1 - ROUNDING) - radius;
        double farther = Math.sqrt(far) * (1 + ROUNDING) + radius;
        int from = (next == cluster ? first : positions[next]) / lanes;
        for (int panel = from; panel < positions[next + 1] / lanes; panel++) {
          if (farthest[panel] < nearer) {
            break;
          }
          if (nearest[panel] <= farther) {
            compareHeads(panel, chosenCount);
          }
        }
      }
    }

    private void compareHeads(int panel, int chosenCount) {
      execution.progress().check();
      ops.products()
          .multiplyAt(
              heads, offsets, chosenCount, head.columns(), panels[panel].values(), products);
      Arrays.fill(sizes, 0, chosenCount, 0);
      ops.near()
          .find(
              chosenCount,
              used(panel),
              selectedNorms,
              panels[panel].norms(),
              panelLimits,
              errorShare,
              products,
              0,
              stride,
              points,
              bounds,
              sizes);
      boolean any = false;
      for (int i = 0; i < chosenCount; i++) {
        any |= sizes[i] > 0;
      }
      if (any) {
        Arrays.fill(isRead, false);
        hits = 0;
        for (int i = 0; i < chosenCount; i++) {
          for (int hit = 0; hit < sizes[i]; hit++) {
            measure(selected[i], panel, points[i * stride + hit]);
          }
        }
        found.add(one, other, distances, hits);
      }
    }

    /** Measures a pair, of which only the one with the later row is new. */
    private void measure(int row, int panel, int lane) {
      int at = panel * lanes + lane;
      if (at <= first + row) { // the pair of the row's own panel, or the row itself
        return;
      }
      int place = placeAt[first + row];
      int otherPlace = placeAt[at];
      if (Math.max(place, otherPlace) < firstNew) {
        return;
      }
      if (exact[row] == null) {
        exact[row] = new double[columns];
        RowBlocks.widen(values, row, exact[row]);
      }
      if (!isRead[lane]) {
        rows.copyRow(chosen[otherPlace], others, lane * columns);
        isRead[lane] = true;
      }
      ops.rows().squaredDistances(others, lane * columns, 1, columns, exact[row], squared, 0);
      if (squared[0] <= squaredRadius) {
        one[hits] = place;
        other[hits] = otherPlace;
        distances[hits] = squared[0];
        hits++;
      }
    }
  }
}
