package io.gio4j.cluster;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.Scratch;
import io.gio4j.internal.kernel.Kernels;
import it.unimi.dsi.fastutil.doubles.DoubleArrayList;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.util.Arrays;

/**
 * Lloyd's iterations with exact savings of work.
 *
 * <p><b>Bounds.</b> For each row and each panel of centres a distance is kept that every centre of
 * the panel, the row's own apart, is at least away. When centres move, the bound falls by the
 * panel's largest shift. A panel whose bound is still above the distance to the row's own centre
 * cannot hold a nearer one and is left out; the others are compared as a product of just the rows
 * that ask (Yinyang K-means, Ding et al. 2015, with the kernels' panels as groups). Assignments are
 * those of the full product, bit for bit ({@link PanelScan}). Where bounds of a panel each would
 * take more than a share of the heap, several panels share one.
 *
 * <p><b>Sums.</b> In double, rows in ascending order, column ranges side by side; a row that
 * changes its cluster is taken from one sum and added to another, so late iterations cost nothing
 * here.
 *
 * <p><b>Empty clusters</b> get the row farthest from its own centre, the first of several.
 */
final class Lloyd {
  /** One over the share of the heap that bounds may take. */
  private static final long BOUND_SHARE = 8;

  /** Columns a task sums: whole cache lines, and enough tasks for 12 threads at 768 columns. */
  private static final int SUM_COLUMNS = 64;

  /** Blocks read together for the sums: 8 MB. */
  private static final int SUM_BLOCKS = 64;

  private final RowBlocks blocks;
  private final double[] weights;
  private final Execution execution;
  private final Kernels kernels;
  private final int columns;
  private final int clusters;

  private final float[] centers;
  private final double[] sums;
  private final double[] masses;
  private final int[] sizes;
  private final int[] assignments;
  private final int[] before;
  private final double[] ownSquared;
  private final float[][] norms;
  private final CenterPanels panels;
  private final int panelsABound;
  private final int boundCount;
  private final float[] bounds;
  private final float[] falls;
  private final double[] shifts;
  private final Scratch<PanelScan> scans;

  private final DoubleArrayList trace = new DoubleArrayList();
  private final LongArrayList moved = new LongArrayList();
  private final DoubleArrayList computed = new DoubleArrayList();
  private boolean converged;

  /**
   * Prepares iterations from given centres.
   *
   * @param weights one a row, or null
   * @param firstCenters copied
   */
  Lloyd(RowBlocks blocks, double[] weights, float[] firstCenters, Execution execution) {
    this.blocks = blocks;
    this.weights = weights;
    this.execution = execution;
    this.columns = blocks.columns();
    this.kernels = execution.kernels().apply((long) blocks.rows() * columns);
    this.centers = firstCenters.clone();
    this.clusters = centers.length / columns;
    this.sums = new double[centers.length];
    this.masses = new double[clusters];
    this.sizes = new int[clusters];
    this.assignments = new int[blocks.rows()];
    this.before = new int[blocks.rows()];
    Arrays.fill(assignments, -1);
    this.ownSquared = new double[blocks.rows()];
    this.norms = new float[blocks.blocks()][];
    this.panels = new CenterPanels(centers, columns, kernels);
    long fit =
        Runtime.getRuntime().maxMemory() / BOUND_SHARE / Float.BYTES / Math.max(1, blocks.rows());
    this.panelsABound = Math.ceilDiv(panels.count(), Math.clamp(fit, 1, panels.count()));
    this.boundCount = Math.ceilDiv(panels.count(), panelsABound);
    this.bounds = new float[Math.multiplyExact(blocks.rows(), boundCount)];
    this.falls = new float[boundCount];
    this.shifts = new double[clusters];
    Arrays.fill(bounds, Float.NEGATIVE_INFINITY);
    this.scans =
        new Scratch<>(() -> new PanelScan(blocks.blockRows(), columns, panels, centers, kernels));
  }

  KMeansModel run(KMeansConfig config) {
    execution.progress().stage("k-means", config.maxIterations() + 1L);
    double inertia = assign();
    for (int iteration = 0; iteration < config.maxIterations() && !converged; iteration++) {
      trace.add(inertia);
      sumMovedRows();
      fillEmptyClusters();
      double shift = moveCenters();
      double previous = inertia;
      inertia = assign();
      execution.progress().advance(iteration + 1L);
      execution.progress().iteration(iteration, inertia);
      converged =
          switch (config.stop()) {
            case CENTER_SHIFT -> shift <= config.tolerance();
            case INERTIA -> previous - inertia <= config.tolerance() * previous;
          };
    }
    Arrays.fill(sizes, 0);
    for (int assignment : assignments) {
      sizes[assignment]++;
    }
    return new KMeansModel(
        FloatMatrix.of(centers, clusters, columns),
        assignments,
        sizes,
        inertia,
        trace.toDoubleArray(),
        moved.toLongArray(),
        converged,
        computed.toDoubleArray());
  }

  /** Assigns every row to its nearest centre; returns the inertia. */
  private double assign() {
    System.arraycopy(assignments, 0, before, 0, before.length);
    double[] inertias = new double[blocks.blocks()];
    long[] asked = new long[blocks.blocks()];
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
                        asked[block] = assignBlock(block, scan);
                      }));
              int first = blocks.firstRow(block);
              double blockInertia = 0;
              long blockChanges = 0;
              for (int row = first; row < first + blocks.count(block); row++) {
                blockInertia += weight(row) * ownSquared[row];
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
      pairs += asked[block];
      changes += changed[block];
    }
    computed.add((double) pairs / ((double) blocks.rows() * panels.count()));
    moved.add(changes);
    return inertia;
  }

  private double weight(int row) {
    return weights == null ? 1 : weights[row];
  }

  /** Returns how many pairs of row and panel were compared. */
  private long assignBlock(int block, PanelScan scan) {
    int first = blocks.firstRow(block);
    int count = blocks.count(block);
    float[] own = new float[count];
    for (int row = 0; row < count; row++) {
      int center = assignments[first + row];
      if (center >= 0) {
        if (shifts[center] > 0) {
          ownSquared[first + row] = scan.squaredDistance(row, center);
        }
        own[row] = Math.nextUp((float) Math.sqrt(ownSquared[first + row]));
      } else {
        own[row] = Float.POSITIVE_INFINITY;
      }
      lowerBounds(first + row);
    }
    long asked = 0;
    for (int panel = 0; panel < panels.count(); panel++) {
      int bound = panel / panelsABound;
      asked += scan.scan(panel, row -> bounds[(first + row) * boundCount + bound] <= own[row]);
    }
    for (int row = 0; row < count; row++) {
      settle(first + row, row, scan, own[row]);
    }
    return asked;
  }

  private void lowerBounds(int row) {
    int base = row * boundCount;
    for (int bound = 0; bound < boundCount; bound++) {
      bounds[base + bound] = Math.nextDown(bounds[base + bound] - falls[bound]);
    }
  }

  private void settle(int row, int inBlock, PanelScan scan, float own) {
    int old = assignments[row];
    int nearest = scan.nearest(inBlock, old, ownSquared[row]);
    int base = row * boundCount;
    for (int bound = 0; bound < boundCount; bound++) {
      if (bounds[base + bound] <= own) {
        float least = Float.POSITIVE_INFINITY;
        int end = Math.min(panels.count(), (bound + 1) * panelsABound);
        for (int panel = bound * panelsABound; panel < end; panel++) {
          least = Math.min(least, scan.lowerBound(inBlock, panel, nearest));
        }
        bounds[base + bound] = least;
      }
    }
    if (nearest != old) {
      if (old >= 0) {
        // The centre that was its own counts among the others from now on.
        int bound = base + panels.panelOf(old) / panelsABound;
        float distance = Math.nextDown((float) Math.sqrt(ownSquared[row]));
        bounds[bound] = Math.min(bounds[bound], distance);
      }
      assignments[row] = nearest;
      ownSquared[row] = scan.squaredDistance(inBlock, nearest);
    }
  }

  /** Takes rows that changed their cluster from one sum to another. */
  private void sumMovedRows() {
    int tasks = Math.ceilDiv(columns, SUM_COLUMNS);
    float[][] read = new float[SUM_BLOCKS][];
    int[] which = new int[SUM_BLOCKS];
    int filled = 0;
    for (int block = 0; block < blocks.blocks(); block++) {
      if (hasMoved(block)) {
        which[filled++] = block;
      }
      if (filled == SUM_BLOCKS || (block == blocks.blocks() - 1 && filled > 0)) {
        int count = filled;
        execution.progress().check();
        execution
            .workers()
            .run(count, i -> blocks.read(which[i], rows -> read[i] = keep(rows, read[i])));
        execution.workers().run(tasks, task -> sumColumns(task, read, which, count));
        filled = 0;
      }
    }
    for (int row = 0; row < assignments.length; row++) {
      if (assignments[row] != before[row]) {
        count(before[row], row, -1);
        count(assignments[row], row, 1);
      }
    }
  }

  private float[] keep(float[] rows, float[] previous) {
    if (blocks.isPacked()) {
      return rows;
    }
    float[] copy = previous == null ? new float[rows.length] : previous;
    System.arraycopy(rows, 0, copy, 0, rows.length);
    return copy;
  }

  private boolean hasMoved(int block) {
    int first = blocks.firstRow(block);
    int end = first + blocks.count(block);
    return Arrays.mismatch(assignments, first, end, before, first, end) >= 0;
  }

  private void count(int cluster, int row, int sign) {
    if (cluster >= 0) {
      masses[cluster] += sign * weight(row);
      sizes[cluster] += sign;
    }
  }

  private void sumColumns(int task, float[][] read, int[] which, int count) {
    int from = task * SUM_COLUMNS;
    int to = Math.min(columns, from + SUM_COLUMNS);
    for (int i = 0; i < count; i++) {
      int first = blocks.firstRow(which[i]);
      for (int row = 0; row < blocks.count(which[i]); row++) {
        int now = assignments[first + row];
        int old = before[first + row];
        if (now != old) {
          add(read[i], row, from, to, now, weight(first + row));
          add(read[i], row, from, to, old, -weight(first + row));
        }
      }
    }
  }

  private void add(float[] rows, int row, int from, int to, int cluster, double weight) {
    if (cluster < 0) {
      return;
    }
    int start = row * columns;
    int target = cluster * columns;
    for (int column = from; column < to; column++) {
      sums[target + column] = Math.fma(weight, rows[start + column], sums[target + column]);
    }
  }

  private void fillEmptyClusters() {
    for (int cluster = 0; cluster < clusters; cluster++) {
      int row = sizes[cluster] == 0 ? farthestRow() : -1;
      if (row >= 0) {
        double[] values = blocks.row(row);
        int old = assignments[row];
        for (int column = 0; column < columns; column++) {
          sums[old * columns + column] -= weight(row) * values[column];
          sums[cluster * columns + column] = weight(row) * values[column];
        }
        count(old, row, -1);
        count(cluster, row, 1);
        assignments[row] = cluster;
        ownSquared[row] = 0; // its centre is about to move onto it
        // Whatever is known of this row is of its old centre.
        Arrays.fill(bounds, row * boundCount, (row + 1) * boundCount, Float.NEGATIVE_INFINITY);
      }
    }
  }

  /** The row farthest from its centre that does not stand alone in its cluster, or -1. */
  private int farthestRow() {
    int best = -1;
    double farthest = 0;
    for (int row = 0; row < assignments.length; row++) {
      if (ownSquared[row] > farthest && sizes[assignments[row]] > 1) {
        farthest = ownSquared[row];
        best = row;
      }
    }
    return best;
  }

  /** Moves centres to the means of their rows; returns the largest shift. */
  private double moveCenters() {
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
    double largest = 0;
    for (int center = 0; center < clusters; center++) {
      int bound = panels.panelOf(center) / panelsABound;
      falls[bound] = Math.max(falls[bound], Math.nextUp((float) shifts[center]));
      largest = Math.max(largest, shifts[center]);
    }
    return largest;
  }

  private double move(int center) {
    if (masses[center] <= 0) {
      return 0;
    }
    double squared = 0;
    for (int column = 0; column < columns; column++) {
      int at = center * columns + column;
      float now = (float) (sums[at] / masses[center]);
      double difference = now - (double) centers[at];
      squared = Math.fma(difference, difference, squared);
      centers[at] = now;
    }
    return Math.sqrt(squared);
  }
}
