package io.gio4j.cluster;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.RowScaling;
import io.gio4j.internal.Scratch;
import io.gio4j.internal.simd.FloatOps;
import it.unimi.dsi.fastutil.doubles.DoubleArrayList;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Lloyd's iterations with exact savings of work.
 *
 * <p><b>Bounds.</b> For each row and each panel of centres a lower bound is kept of the distances
 * from the row to the panel's centres, its own centre excepted (in the scale of {@link
 * RowScaling}). When centres move, the bound falls by the largest shift in the panel. A panel whose
 * bound is above the distance to the row's own centre has no nearer centre and is skipped; each of
 * the other panels is multiplied with only the rows that need it (Yinyang K-means, Ding et al.
 * 2015, with the panels of the products as groups). Assignments are those of the full product, bit
 * for bit ({@link PanelScan}). Where one bound per panel would take more than its share of the
 * heap, several panels share one ({@link PanelBounds}).
 *
 * <p><b>Empty clusters</b> get the row farthest from its own centre, the first of several. If the
 * last assignment leaves a cluster empty that some row can fill, centres are moved beyond the
 * number of iterations; the inertia falls each time.
 */
final class Lloyd {
  private final RowBlocks blocks;
  private final Execution execution;
  private final FloatOps ops;
  private final int columns;
  private final int clusters;

  private final float[] centers;
  private final ClusterSums sums;
  private final int[] assignments;
  private final int[] before;
  private final double[] ownSquared;
  private final float[][] norms;
  private final CenterPanels panels;
  private final PanelBounds bounds;
  private final double[] falls;
  private final double[] shifts;
  private final double scale;
  private final Scratch<PanelScan> scans;

  private final DoubleArrayList trace = new DoubleArrayList();
  private final LongArrayList moved = new LongArrayList();
  private final DoubleArrayList computed = new DoubleArrayList();
  private boolean converged;

  /** The variance of the rows; NaN until it is needed. */
  private double variance = Double.NaN;

  /**
   * Prepares iterations from given centres.
   *
   * @param weights one per row, or null
   * @param firstCenters rows or means of rows; copied
   * @param scaling of the rows
   */
  Lloyd(
      RowBlocks blocks,
      double[] weights,
      float[] firstCenters,
      RowScaling scaling,
      Execution execution) {
    this.blocks = blocks;
    this.execution = execution;
    this.columns = blocks.columns();
    this.ops = execution.opsFor((long) blocks.rows() * columns);
    this.centers = firstCenters.clone();
    this.clusters = centers.length / columns;
    this.sums = new ClusterSums(blocks, weights, clusters, execution);
    this.assignments = new int[blocks.rows()];
    this.before = new int[blocks.rows()];
    Arrays.fill(assignments, -1);
    this.ownSquared = new double[blocks.rows()];
    this.norms = new float[blocks.blocks()][];
    this.panels = new CenterPanels(centers, columns, scaling, ops);
    this.bounds = new PanelBounds(blocks.rows(), panels.count());
    this.falls = new double[bounds.count()];
    this.shifts = new double[clusters];
    this.scale = scaling.scale();
    this.scans =
        new Scratch<>(
            () -> new PanelScan(blocks.blockRows(), columns, panels, centers, scaling, ops));
  }

  KMeansModel run(KMeansConfig config) {
    execution.progress().stage("k-means", config.maxIterations() + 1L);
    double inertia = assign();
    while (trace.size() < config.maxIterations() && !converged) {
      trace.add(inertia);
      double previous = inertia;
      inertia = moveAndAssign();
      execution.progress().advance(trace.size());
      execution.progress().iteration(trace.size() - 1, inertia);
      converged = hasConverged(config, previous, inertia);
    }
    sums.count(assignments);
    while (hasEmptyCluster() && farthestRow() >= 0) {
      inertia = moveAndAssign();
      sums.count(assignments);
    }
    return new KMeansModel(
        FloatMatrix.of(centers, clusters, columns),
        assignments,
        ownSquared,
        IntStream.range(0, clusters).map(sums::size).toArray(),
        inertia,
        trace.toDoubleArray(),
        moved.toLongArray(),
        converged,
        computed.toDoubleArray());
  }

  private double moveAndAssign() {
    sums.take(before, assignments);
    sums.count(assignments);
    if (hasEmptyCluster()) {
      fillEmptyClusters();
      sums.count(assignments);
    }
    moveCenters();
    return assign();
  }

  private boolean hasConverged(KMeansConfig config, double previous, double inertia) {
    double tolerance = config.tolerance();
    boolean isFlat = previous - inertia <= tolerance * previous;
    return switch (config.stop()) {
      case CENTER_SHIFT -> isFlat && squaredShift() <= tolerance * variance();
      case ABSOLUTE_SHIFT -> Arrays.stream(shifts).max().orElse(0) <= tolerance;
      case INERTIA -> isFlat;
    };
  }

  private double squaredShift() {
    double sum = 0;
    for (double shift : shifts) {
      sum += shift * shift;
    }
    return sum;
  }

  private double variance() {
    if (Double.isNaN(variance)) {
      variance = sums.variance();
    }
    return variance;
  }

  /** Assigns every row to its nearest centre; returns the inertia. */
  private double assign() {
    System.arraycopy(assignments, 0, before, 0, before.length);
    double[] inertias = new double[blocks.blocks()];
    long[] compared = new long[blocks.blocks()];
    long[] changed = new long[blocks.blocks()];
    execution
        .workers()
        .run(
            blocks.blocks(),
            block -> {
              execution.progress().check();
              scans.use(scan ->
                  blocks.read(
                      block,
                      rows -> {
                        norms[block] = scan.block(blocks, block, rows, norms[block]);
                        compared[block] = assignBlock(block, scan);
                      }));
              int first = blocks.firstRow(block);
              double blockInertia = 0;
              long blockChanges = 0;
              for (int row = first; row < first + blocks.count(block); row++) {
                blockInertia += sums.weight(row) * ownSquared[row];
                blockChanges += assignments[row] == before[row] ? 0 : 1;
              }
              inertias[block] = blockInertia;
              changed[block] = blockChanges;
            });
    double inertia = 0;
    long pairs = 0;
    long changes = 0;
    for (int block = 0; block < blocks.blocks(); block++) {
      inertia += inertias[block];
      pairs += compared[block];
      changes += changed[block];
    }
    computed.add((double) pairs / ((double) blocks.rows() * panels.count()));
    moved.add(changes);
    return inertia;
  }

  /** Assigns a block's rows; returns how many pairs of row and panel were compared. */
  private long assignBlock(int block, PanelScan scan) {
    int first = blocks.firstRow(block);
    int count = blocks.count(block);
    double[] own = new double[count];
    for (int row = 0; row < count; row++) {
      int center = assignments[first + row];
      if (center >= 0 && shifts[center] > 0) {
        ownSquared[first + row] = scan.squaredDistance(row, center);
      }
      own[row] = center < 0 ? Double.POSITIVE_INFINITY : Math.sqrt(ownSquared[first + row]) * scale;
      bounds.fall(first + row, falls);
    }
    long compared = 0;
    for (int panel = 0; panel < panels.count(); panel++) {
      int bound = bounds.boundOf(panel);
      compared += scan.scan(panel, row -> bounds.mayHaveNearer(first + row, bound, own[row]));
    }
    for (int row = 0; row < count; row++) {
      reassign(first + row, row, scan, own[row]);
    }
    return compared;
  }

  private void reassign(int row, int inBlock, PanelScan scan, double own) {
    int old = assignments[row];
    int nearest = scan.nearest(inBlock, old, ownSquared[row]);
    for (int bound = 0; bound < bounds.count(); bound++) {
      if (bounds.mayHaveNearer(row, bound, own)) {
        double least = Double.POSITIVE_INFINITY;
        for (int panel = bounds.firstPanel(bound); panel < bounds.endPanel(bound); panel++) {
          least = Math.min(least, scan.lowerBound(inBlock, panel, nearest));
        }
        bounds.set(row, bound, least);
      }
    }
    if (nearest != old) {
      if (old >= 0) {
        // The former centre is one of the other centres from now on.
        int bound = bounds.boundOf(panels.panelOf(old));
        bounds.include(row, bound, Math.sqrt(ownSquared[row]) * scale);
      }
      assignments[row] = nearest;
      ownSquared[row] = scan.squaredDistance(inBlock, nearest);
    }
  }

  private boolean hasEmptyCluster() {
    return IntStream.range(0, clusters).anyMatch(cluster -> sums.size(cluster) == 0);
  }

  private void fillEmptyClusters() {
    for (int cluster = 0; cluster < clusters; cluster++) {
      int row = sums.size(cluster) == 0 ? farthestRow() : -1;
      if (row >= 0) {
        sums.moveToEmpty(row, assignments[row], cluster);
        assignments[row] = cluster;
        ownSquared[row] = 0; // its centre is about to move onto it
        bounds.forget(row); // they except its former centre
      }
    }
  }

  /**
   * The row farthest from its centre, of those with a weight above 0 that are not alone in their
   * cluster; -1 if there is none.
   */
  private int farthestRow() {
    int best = -1;
    double farthest = 0;
    for (int row = 0; row < assignments.length; row++) {
      if (ownSquared[row] > farthest && sums.size(assignments[row]) > 1 && sums.weight(row) > 0) {
        farthest = ownSquared[row];
        best = row;
      }
    }
    return best;
  }

  /** Moves centres to the means of their rows. */
  private void moveCenters() {
    execution
        .workers()
        .run(
            panels.count(),
            panel -> {
              for (int center : panels.members(panel)) {
                shifts[center] = move(center);
              }
              panels.pack(panel, centers);
            });
    Arrays.fill(falls, 0);
    for (int center = 0; center < clusters; center++) {
      int bound = bounds.boundOf(panels.panelOf(center));
      falls[bound] = Math.max(falls[bound], shifts[center] * scale);
    }
  }

  /** Returns how far the centre moved. */
  private double move(int center) {
    double mass = sums.mass(center);
    if (mass <= 0) {
      return 0;
    }
    double squared = 0;
    for (int column = 0; column < columns; column++) {
      int at = center * columns + column;
      float now = (float) (sums.sum(center, column) / mass);
      double difference = now - (double) centers[at];
      squared = Math.fma(difference, difference, squared);
      centers[at] = now;
    }
    return Math.sqrt(squared);
  }
}
