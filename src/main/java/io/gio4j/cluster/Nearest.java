package io.gio4j.cluster;

import io.gio4j.Progress;
import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.Scratch;
import io.gio4j.internal.kernel.Kernels;

/**
 * The nearest centre of each row.
 *
 * <p>Exact: the same assignments as differences in double give, of several equally near centres the
 * first. Costs n k d multiply-adds as one streamed product; the rows are read once and not kept.
 *
 * @param assignments the nearest centre of each row
 * @param squaredDistances how far it is, squared
 */
public record Nearest(int[] assignments, double[] squaredDistances) {

  /** Finds the nearest centres with the process's threads. */
  public static Nearest of(FloatMatrix rows, FloatMatrix centers, Progress progress) {
    return of(rows, centers, Execution.watchedBy(progress));
  }

  /** Finds the nearest centres with threads and kernels of the caller's choice. */
  public static Nearest of(FloatMatrix rows, FloatMatrix centers, Execution execution) {
    rows.requireColumnsOf(centers);
    RowBlocks blocks = RowBlocks.of(rows, execution);
    RowBlocks.of(centers, execution); // refuses numbers that are not finite
    float[] packed = new float[centers.rows() * centers.columns()];
    centers.copyRows(0, centers.rows(), packed, 0);
    return of(blocks, packed, execution);
  }

  static Nearest of(RowBlocks blocks, float[] centers, Execution execution) {
    Kernels kernels = execution.kernels().apply((long) blocks.rows() * blocks.columns());
    CenterPanels panels = new CenterPanels(centers, blocks.columns(), kernels);
    int[] assignments = new int[blocks.rows()];
    double[] distances = new double[blocks.rows()];
    Scratch<PanelScan> scans =
        new Scratch<>(
            () -> new PanelScan(blocks.blockRows(), blocks.columns(), panels, centers, kernels));
    execution.progress().stage("assign", blocks.blocks());
    execution
        .workers()
        .run(
            blocks.blocks(),
            block -> {
              execution.progress().check();
              scans.use(scan ->
                  blocks.read(
                      block,
                      rows -> assign(block, rows, scan, blocks, panels, assignments, distances)));
              execution.progress().advance(block + 1L);
            });
    return new Nearest(assignments, distances);
  }

  private static void assign(
      int block,
      float[] rows,
      PanelScan scan,
      RowBlocks blocks,
      CenterPanels panels,
      int[] assignments,
      double[] distances) {
    int first = blocks.firstRow(block);
    scan.block(blocks, block, rows);
    for (int panel = 0; panel < panels.count(); panel++) {
      scan.scan(panel, row -> true);
    }
    for (int row = 0; row < blocks.count(block); row++) {
      int nearest = scan.nearest(row, -1, 0);
      assignments[first + row] = nearest;
      distances[first + row] = scan.squaredDistance(row, nearest);
    }
  }
}
