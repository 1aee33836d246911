package io.gio4j.select;

import io.gio4j.divergence.EnergySums;
import it.unimi.dsi.fastutil.doubles.DoubleArrayList;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.longs.LongArrayList;

/**
 * Picks made among some rows that still have to be confirmed by others: at its turn, no other row
 * may have had a higher score, or the same one and stand before it.
 *
 * <p>With m rows selected a row g of sums S(g) scores {@code S(g) / (m + 1) - a(g)}.
 */
final class PendingPicks {
  private final EnergySums sums;
  private final EnergySums.Points points;
  private final IntArrayList rows = new IntArrayList();
  private final DoubleArrayList scores = new DoubleArrayList();
  private final LongArrayList totals = new LongArrayList();

  /** Rows selected before each pick, and after the last one. */
  private final LongArrayList mass = new LongArrayList();

  private final LongArrayList weights = new LongArrayList();

  /** None yet, with so many rows selected. */
  PendingPicks(EnergySums sums, long selected) {
    this.sums = sums;
    this.points = sums.noPoints();
    mass.add(selected);
  }

  static double score(EnergySums sums, long total, double cross, long selected) {
    return sums.value(total) / (selected + 1.0) - cross;
  }

  void add(int row, float[] values, long weight, double score, long total) {
    rows.add(row);
    points.add(values, weight);
    weights.add(weight);
    scores.add(score);
    totals.add(total);
    mass.add(mass() + weight);
  }

  /** The first of these picks. */
  PendingPicks first(int count) {
    PendingPicks first = new PendingPicks(sums, mass.getLong(0));
    for (int pick = 0; pick < count; pick++) {
      first.add(
          rows.getInt(pick),
          points.row(pick),
          weights.getLong(pick),
          scores.getDouble(pick),
          totals.getLong(pick));
    }
    return first;
  }

  int size() {
    return rows.size();
  }

  int row(int pick) {
    return rows.getInt(pick);
  }

  /** The sum of rho from a pick to all rows selected before it. */
  long total(int pick) {
    return totals.getLong(pick);
  }

  EnergySums.Points points() {
    return points;
  }

  /** Rows selected with these. */
  long mass() {
    return mass.getLong(mass.size() - 1);
  }

  /**
   * The first pick that a row should have come before, if it is below {@code limit}; else {@code
   * limit}. Asked just after the panel was added for the row.
   *
   * @param compared the rows that the panel was added for
   * @param at which of them
   * @param row its number in the pool
   * @param total its sum before the panel
   */
  int firstOvertaken(
      EnergySums.Rows compared, int panel, int at, int row, long total, double cross, int limit) {
    int begin = panel * points.panelSize();
    int end = Math.min(limit, begin + points.used(panel));
    if (begin >= end || !mayOvertake(compared, at, total, cross, begin, end)) {
      return limit;
    }
    long sum = total;
    for (int pick = begin; pick < end; pick++) {
      double score = score(sums, sum, cross, mass.getLong(pick));
      double picked = scores.getDouble(pick);
      if (score > picked || (score == picked && row < rows.getInt(pick))) {
        return pick;
      }
      sum += weights.getLong(pick) * compared.ofPair(at, pick - begin);
    }
    return limit;
  }

  /**
   * Whether the bound allows it: a score moves from where it is towards the largest rho of the
   * panel's pairs, the farther the more rows are selected.
   */
  private boolean mayOvertake(
      EnergySums.Rows compared, int at, long total, double cross, int begin, int end) {
    double lowest = Double.POSITIVE_INFINITY;
    for (int pick = begin; pick < end; pick++) {
      lowest = Math.min(lowest, scores.getDouble(pick));
    }
    long first = mass.getLong(begin);
    long more = mass.getLong(end) - first;
    double sum = sums.value(total);
    double now = sum / (first + 1.0);
    double then = (sum + more * sums.value(compared.largest(at))) / (first + more + 1.0);
    // Rounding of the two divisions is far below this.
    double slack = 1e-12 * (1 + Math.abs(now));
    return Math.max(now, then) - cross + slack >= lowest;
  }
}
