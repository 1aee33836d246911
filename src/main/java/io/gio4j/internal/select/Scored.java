package io.gio4j.internal.select;

/**
 * A pool row and what it is ranked by: the smaller first, then the earlier row.
 *
 * @param score what it is ranked by
 * @param row its number in the pool
 */
public record Scored(double score, int row) implements Comparable<Scored> {
  @Override
  public int compareTo(Scored other) {
    int order = Double.compare(score, other.score);
    return order == 0 ? Integer.compare(row, other.row) : order;
  }
}
