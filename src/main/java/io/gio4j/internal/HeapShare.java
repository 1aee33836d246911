package io.gio4j.internal;

/**
 * What may be kept on the heap, as shares of its largest size. A larger matrix is read again
 * whenever it is needed, which is slower but does not affect the result.
 *
 * <p>What one job keeps together stays below two thirds of the heap; the rest is for results, the
 * working memory of threads and the collector:
 *
 * <table>
 * <caption>Shares that are in use together</caption>
 * <tr><th>job<th>keeps<th>share
 * <tr><td>balanced<td>3 matrices, all centred rows, panels to roll back<td>0.46
 * <tr><td>energy distance<td>2 targets, all centred rows<td>0.67
 * <tr><td>coverage<td>target and its panels, pool, lists<td>0.61
 * <tr><td>facility, flqmi, flmi, graphcut<td>target and its panels, pool, lists or existing rows<td>0.61
 * <tr><td>gradient, exact<td>target, its panels, its centred copy, pool, neighbour lists<td>0.66
 * <tr><td>K-means<td>rows, bounds<td>0.29
 * <tr><td>k-center<td>3 matrices, neighbour lists<td>0.22
 * <tr><td>less, scores<td>target, pool<td>0.20
 * <tr><td>nearest rows<td>2 matrices, neighbour lists<td>0.19
 * <tr><td>de-duplication<td>sample of K-means, heads of rows, near pairs<td>0.49
 * <tr><td>TSDS<td>3 matrices, neighbour lists, retrieved rows<td>0.47
 * <tr><td>unbalanced transport<td>2 matrices, all centred rows, costs<td>0.52
 * </table>
 */
public enum HeapShare {
  /**
   * A matrix that is read several times, such as a pool, which is read once for each pick. Reading
   * it in place instead halves the speed of that pass (memory against cache) but keeps the engine
   * small: a pool of a gigabyte takes no heap.
   */
  MATRIX(32),

  /** A matrix that is read thousands of times, such as a target, and each copy of it. */
  TARGET(6),

  /**
   * All rows of an energy distance, scaled: centring 1.5 GB again for each batch of a balanced
   * selection took as long as the batch's product.
   */
  CENTRED(3),

  /** The bounds of K-means, one a row and panel of centres. */
  CENTER_BOUNDS(8),

  /** The rows of one part of a search for neighbours, packed, and their lists. */
  NEIGHBOR_LISTS(8),

  /** The target rows that pool rows are near to, in a coverage search. */
  COVERAGE_LISTS(4),

  /** The nearest pool rows of each target row, in a TSDS selection. */
  RETRIEVED_ROWS(4),

  /** The pairs of near rows of a de-duplication. */
  NEAR_PAIRS(6),

  /** The squared distances of all pairs, in an unbalanced transport, which reads them often. */
  TRANSPORT_COSTS(8);

  private final int divisor;

  HeapShare(int divisor) {
    this.divisor = divisor;
  }

  /** {@return the share of the heap; 1 would be all of it} */
  public double share() {
    return 1.0 / divisor;
  }

  /** {@return the share in bytes, in this process} */
  public long bytes() {
    return Runtime.getRuntime().maxMemory() / divisor;
  }

  /** {@return whether something of this size may be kept} */
  public boolean holds(long bytes) {
    return bytes <= bytes();
  }
}
