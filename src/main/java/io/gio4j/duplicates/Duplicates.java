package io.gio4j.duplicates;

/**
 * Which rows of a pool are dropped, and for the sake of which others.
 *
 * @param near by row, -1 if it is kept, else the row that it is dropped for: of the rows that are
 *     kept the nearest one; of a chain, of the rows before it in the order the nearest one, which
 *     may be dropped too; against another matrix, the nearest row of that
 * @param squaredDistances by row, how far that is, squared; 0 for a row that is kept
 * @param order row numbers in the order in which they were taken
 * @param copyOf by row, the first row in the order that equals it; itself if there is none
 * @param pairs all near pairs, from which any smaller radius can be answered; null if they took
 *     more memory than there was, and against another matrix
 */
public record Duplicates(
    int[] near, double[] squaredDistances, int[] order, int[] copyOf, Pairs pairs) {
  /**
   * Pairs of rows within the radius of each other, without those of copies. They are sorted: by the
   * place in the order of the later row, then by that of the earlier one.
   *
   * @param earlier the row that comes first in the order
   * @param later the other row
   * @param squaredDistances how far they are from each other, squared
   */
  public record Pairs(int[] earlier, int[] later, double[] squaredDistances) {}

  /** {@return how many rows are kept} */
  public int kept() {
    int kept = 0;
    for (int row : near) {
      kept += row < 0 ? 1 : 0;
    }
    return kept;
  }
}
