package io.gio4j.select.cover;

import io.gio4j.internal.EqualRows;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.RowScaling;
import io.gio4j.internal.Scratch;

/**
 * The rows of a matrix as products compare them: of length 1 for cosines, centred and scaled for
 * distances, scaled for products. Each number is computed in double and rounded once.
 *
 * <p>They are computed whenever they are needed, which costs a row as much as a product with a few
 * points. 8 bytes a row are kept.
 */
final class ComparedRows {
  private final RowBlocks rows;
  private final Similarity similarity;

  /** Of distances; null for others. */
  private final RowScaling scaling;

  /** Of products: a power of two, so that no sum of products overflows. */
  private final double scale;

  /** By row, its squared norm for distances, the reciprocal of its norm for cosines. */
  private final double[] measures;

  /** By row, what equal rows share; null where it is not needed. */
  private final int[] ids;

  /**
   * Measures all rows.
   *
   * @param scaling of distances; null for others
   * @param scale of products
   * @param ids as {@link EqualRows} numbers equal rows; null where they are not needed
   */
  ComparedRows(
      RowBlocks rows,
      Similarity similarity,
      RowScaling scaling,
      double scale,
      int[] ids,
      Execution execution) {
    this.rows = rows;
    this.similarity = similarity;
    this.scaling = scaling;
    this.scale = scale;
    this.ids = ids;
    this.measures = similarity == Similarity.DOT ? null : new double[rows.rows()];
    if (measures == null) {
      return;
    }
    Scratch<float[]> spare = new Scratch<>(() -> new float[rows.blockRows() * rows.columns()]);
    execution
        .workers()
        .run(
            rows.blocks(),
            block ->
                spare.use(values -> {
                  execution.progress().check();
                  rows.copy(block, values);
                  measure(block, values, execution);
                }));
  }

  private void measure(int block, float[] values, Execution execution) {
    int count = rows.count(block);
    if (similarity.isDistance()) {
      scaling.apply(values, 0, count, values);
    }
    double[] squared = new double[count];
    double[] zero = new double[rows.columns()];
    execution
        .opsFor((long) rows.rows() * zero.length)
        .rows()
        .squaredDistances(values, 0, count, zero.length, zero, squared, 0);
    for (int i = 0; i < count; i++) {
      double reciprocal = squared[i] == 0 ? 0 : 1 / Math.sqrt(squared[i]);
      measures[rows.firstRow(block) + i] = similarity.isDistance() ? squared[i] : reciprocal;
    }
  }

  RowBlocks rows() {
    return rows;
  }

  int count() {
    return rows.rows();
  }

  /** {@return the factor from numbers of the data to those that are compared} */
  double scale() {
    return scale;
  }

  /** {@return the squared norm of a row that is compared by its distance} */
  float norm(int row) {
    return similarity.isDistance() ? (float) measures[row] : 0;
  }

  /** {@return the id that equal rows share; {@link EqualRows#NONE} if there is none} */
  int id(int row) {
    return ids == null ? EqualRows.NONE : ids[row];
  }

  /**
   * {@return a row's similarity with itself, as it is compared}
   *
   * @param largest the largest squared distance
   */
  double self(int row, double largest) {
    return switch (similarity) {
      case EUCLIDEAN -> largest;
      case COSINE, SQUARED_COSINE -> measures[row] == 0 ? 0 : 1;
      case DOT -> {
        double sum = 0;
        for (double value : rows.row(row)) {
          sum = Math.fma(value * scale, value * scale, sum);
        }
        yield sum;
      }
    };
  }

  /** Copies a block's rows, ready to be compared, to the beginning of an array. */
  void copyBlock(int block, float[] out) {
    rows.copy(block, out);
    for (int i = 0; i < rows.count(block); i++) {
      prepare(rows.firstRow(block) + i, out, i);
    }
  }

  /** Copies a row, ready to be compared, to a place in an array of rows. */
  void copyRow(int row, float[] out, int place) {
    rows.copyRow(row, out, place * rows.columns());
    prepare(row, out, place);
  }

  private void prepare(int row, float[] values, int place) {
    if (similarity.isDistance()) {
      scaling.apply(values, place, 1, values);
      return;
    }
    double factor = similarity.isOfDirections() ? measures[row] : scale;
    for (int at = place * rows.columns(); at < (place + 1) * rows.columns(); at++) {
      values[at] = (float) (values[at] * factor);
    }
  }
}
