package io.gio4j.cluster;

import io.gio4j.Progress;
import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.RowScaling;
import io.gio4j.internal.Scratch;
import io.gio4j.internal.simd.FloatOps;

/**
 * The nearest centre of each row.
 *
 * <p>Exact: assignments are those that differences in double give; of several equally near centres
 * the first. Costs n k d multiply-adds as one streamed product; the rows are read once and not
 * kept.
 *
 * @param assignments the nearest centre of each row
 * @param squaredDistances how far it is, squared
 */
public record NearestCenters(int[] assignments, double[] squaredDistances) {

  /**
   * Finds the nearest centres.
   *
   * @param rows n rows
   * @param centers k rows of the same number of columns
   * @param progress watches the search and can stop it
   * @return the nearest centre of each row
   * @throws IllegalArgumentException if columns differ or a number is not finite
   * @throws java.util.concurrent.CancellationException if {@code progress} stops it
   * @throws io.gio4j.data.UnreadableInputException if rows cannot be read
   */
  public static NearestCenters of(FloatMatrix rows, FloatMatrix centers, Progress progress) {
    return of(rows, centers, Execution.watchedBy(progress));
  }

  /** Runs with the given workers and SIMD operations. */
  static NearestCenters of(FloatMatrix rows, FloatMatrix centers, Execution execution) {
    rows.requireColumnsOf(centers);
    RowScaling scaling = RowScaling.around(RowBlocks.of(centers, execution));
    float[] packed = new float[centers.rows() * centers.columns()];
    centers.copyRows(0, centers.rows(), packed, 0);
    Assigning assigning = new Assigning(rows.rows(), rows.columns(), packed, scaling, execution);
    RowBlocks.of(rows, execution, assigning::assign);
    return assigning.answer();
  }

  /** The nearest centres of rows that were checked before. */
  static NearestCenters of(
      RowBlocks blocks, float[] centers, RowScaling scaling, Execution execution) {
    Assigning assigning =
        new Assigning(blocks.rows(), blocks.columns(), centers, scaling, execution);
    execution
        .workers()
        .run(
            blocks.blocks(),
            block -> {
              execution.progress().check();
              blocks.read(block, rows -> assigning.assign(blocks, block, rows));
            });
    return assigning.answer();
  }

  /** Assigns the rows of one block after another, in any order and on any thread. */
  private static final class Assigning {
    private final int[] assignments;
    private final double[] distances;
    private final CenterPanels panels;
    private final Scratch<PanelScan> scans;
    private final Progress progress;

    Assigning(int rows, int columns, float[] centers, RowScaling scaling, Execution execution) {
      FloatOps ops = execution.opsFor((long) rows * columns);
      int blockRows = RowBlocks.blockRows(columns);
      this.assignments = new int[rows];
      this.distances = new double[rows];
      this.panels = new CenterPanels(centers, columns, scaling, ops);
      this.scans =
          new Scratch<>(() -> new PanelScan(blockRows, columns, panels, centers, scaling, ops));
      this.progress = execution.progress();
      progress.stage("assign", Math.ceilDiv(rows, blockRows));
    }

    void assign(RowBlocks blocks, int block, float[] rows) {
      scans.use(scan -> {
        scan.block(blocks, block, rows, null);
        for (int panel = 0; panel < panels.count(); panel++) {
          scan.scan(panel, row -> true);
        }
        int first = blocks.firstRow(block);
        for (int row = 0; row < blocks.count(block); row++) {
          int nearest = scan.nearest(row, -1, 0);
          assignments[first + row] = nearest;
          distances[first + row] = scan.squaredDistance(row, nearest);
        }
      });
      progress.advance(block + 1L);
    }

    NearestCenters answer() {
      return new NearestCenters(assignments, distances);
    }
  }
}
