package io.gio4j.internal.divergence;

/**
 * The averaged divergence of a selection whose rows have known a(w), each counting as q_w rows,
 * such as the rows of a quantised pool, which stand for clusters.
 *
 * <pre>KL = d (sum_w q_w a(w) / m - R) + c(m),   m = sum_w q_w</pre>
 *
 * With R and c(m) as in {@link TargetModel}. Adding a row costs nothing.
 */
public final class WeightedDivergence {
  private final TargetModel target;
  private final int k;
  private final double spacing;
  private double sum;
  private long rows;

  /** Starts with nothing selected, and finds the target's spacing: n^2 d multiply-adds. */
  public WeightedDivergence(TargetModel target, int k) {
    this.target = target;
    this.k = k;
    this.spacing = target.meanLogSpacing(k);
  }

  /** Selects a row of known a(w) that counts as {@code count} rows. */
  public void add(double meanLogDistance, long count) {
    sum += count * meanLogDistance;
    rows += count;
  }

  /** {@return the divergence if such a row were selected too} */
  public double with(double meanLogDistance, long count) {
    return value(sum + count * meanLogDistance, rows + count);
  }

  /** The divergence of the rows selected so far; NaN if there are none. */
  public double value() {
    return rows == 0 ? Double.NaN : value(sum, rows);
  }

  private double value(double total, long count) {
    return target.columns() * (total / count - spacing)
        + TargetModel.sizeTerm(k, target.rows(), count, LogFactorial.of(count));
  }
}
