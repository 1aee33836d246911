package io.gio4j.internal.select;

/**
 * A pool row with its score, ordered by ascending score and then by ascending row.
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
