package io.gio4j.select.cover;

/** Some rows of a matrix, one after another, ready to be compared. */
final class RowBatch {
  private final ComparedRows source;
  private final float[] values;
  private final float[] norms;
  private final int[] numbers;
  private int count;

  RowBatch(ComparedRows source, int most) {
    this.source = source;
    this.values = new float[most * source.rows().columns()];
    this.norms = new float[most];
    this.numbers = new int[most];
  }

  /** Loads the rows of a block. */
  void load(int block) {
    count = source.rows().count(block);
    source.copyBlock(block, values);
    for (int i = 0; i < count; i++) {
      numbers[i] = source.rows().firstRow(block) + i;
      norms[i] = source.norm(numbers[i]);
    }
  }

  /** Gathers rows from some numbers of a list on. */
  void gather(int[] rows, int from, int size) {
    count = size;
    for (int i = 0; i < count; i++) {
      numbers[i] = rows[from + i];
      norms[i] = source.norm(numbers[i]);
      source.copyRow(numbers[i], values, i);
    }
  }

  ComparedRows source() {
    return source;
  }

  float[] values() {
    return values;
  }

  float[] norms() {
    return norms;
  }

  /** {@return the number of a row in its matrix} */
  int number(int place) {
    return numbers[place];
  }

  int count() {
    return count;
  }
}
