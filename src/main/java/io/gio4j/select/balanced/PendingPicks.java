package io.gio4j.select.balanced;

import io.gio4j.internal.energy.CentredRows;
import io.gio4j.internal.energy.EnergySums;
import io.gio4j.internal.select.Picks;
import java.util.Arrays;

/**
 * Picks that were speculated among some rows and have to be validated against all others: when a
 * pick was made, no other row may have had a higher score, or an equal score and a lower index.
 *
 * <p>With m rows selected a row g of sums S(g) scores {@code S(g) / (m + 1) - a(g)}.
 */
final class PendingPicks {
  /**
   * Shares by which the float bounds of {@link Panel} exceed what they bound, each at least twice
   * what roundings of u = 2^-24 can subtract. For {@code r' V}: 30 additions of up to 31 values,
   * the factor and the last step, 32 u. For {@code S} and {@code a}: the start, the first step and
   * the last one are rounded once, and so are the slope and {@code r' - r}, in all {@code |S| (r +
   * 2 (r - r') + 2 r') u = 3 |S| r u} and {@code 3 |a| u}.
   */
  private static final double SUM_ERROR = 0x1p-18;

  private static final double TERM_ERROR = 0x1p-21;

  private final EnergySums sums;
  private final Picks certain;
  private final int certainCount;
  private final EnergySums.Points points;
  private final long[] weights;
  private final int[] rows;
  private final double[] scores;
  private final double[] totals;

  /** Rows selected before each pick, and after the last one. */
  private final long[] selected;

  private int size;

  /**
   * Starts without picks.
   *
   * @param most picks at most
   * @param before rows selected before, each counted with its weight
   * @param certain picks before these
   */
  PendingPicks(EnergySums sums, CentredRows pool, int most, long before, Picks certain) {
    this.certain = certain;
    this.certainCount = certain.count();
    this.sums = sums;
    this.points = sums.noPoints(pool);
    this.weights = new long[most];
    this.rows = new int[most];
    this.scores = new double[most];
    this.totals = new double[most];
    this.selected = new long[most + 1];
    selected[0] = before;
  }

  static double score(EnergySums sums, double total, double cross, long selected) {
    return sums.value(total) / (selected + 1.0) - cross;
  }

  void add(int row, long weight, double score, double total) {
    points.add(row, (double) weight);
    rows[size] = row;
    weights[size] = weight;
    scores[size] = score;
    totals[size] = total;
    selected[size + 1] = selected[size] + weight;
    size++;
    certain.expect(row);
  }

  /** Whether limits allow a row after these picks. */
  boolean allows(int row) {
    return certain.allowsBefore(row, certainCount + size);
  }

  int size() {
    return size;
  }

  /** Keeps the first picks only. */
  void cut(int count) {
    size = count;
    certain.retract(certainCount + count);
  }

  int row(int pick) {
    return rows[pick];
  }

  /** The size of the sum of rho from a pick to all rows selected before it. */
  double total(int pick) {
    return totals[pick];
  }

  EnergySums.Points points() {
    return points;
  }

  /** {@return how many rows are selected once these are, each counted with its weight} */
  long selected() {
    return selected[size];
  }

  /**
   * A panel of picks, with float bounds that filter the rows that may beat one of them. From the
   * panel's beginning to a pick {@code 1 / (m + 1)} falls from r to r', and a row's score goes from
   * {@code S r - a} to {@code (S r - a) + S (r' - r) + r' V}, where V sums its rho to the picks
   * between. Each term is rounded up by its own error, so the bound is as tight for tiny scores as
   * for others; rows that pass are then scored exactly. Scores are taken over the size of rho's
   * factor here: it is a length for EUCLIDEAN, with which they may not fit a float.
   */
  final class Panel {
    private final int begin;
    private final float[] steps = new float[points.panelSize()];
    private final float[] factors = new float[points.panelSize()];
    private final float[] limits = new float[points.panelSize()];

    private Panel(int begin) {
      this.begin = begin;
      double first = 1 / (selected[begin] + 1.0);
      int end = Math.min(size, begin + points.panelSize());
      double sign = Math.signum(sums.factor());
      double widened = sign + SUM_ERROR;
      for (int pick = begin; pick < end; pick++) {
        double now = 1 / (selected[pick] + 1.0);
        steps[pick - begin] = (float) (now - first);
        factors[pick - begin] = (float) (widened * now);
        double score = scores[pick] / Math.abs(sums.factor());
        // Below 2^-126 all are multiples of the smallest float. The start, two steps and this limit
        // are each rounded by less than half of it, so a row's bound is at most one too low.
        limits[pick - begin] = Math.nextDown((float) (score - TERM_ERROR * Math.abs(score)));
      }
    }

    /** The first of the picks. */
    int begin() {
      return begin;
    }

    /**
     * {@return the first pick that one of some rows would have beaten, or {@code limit} if there is
     * none before it}
     *
     * @param compared the rows, compared with the panel
     * @param firstRow the first one's number in the pool
     * @param rowTotals their sums before the panel
     * @param cross of the pool's rows
     * @param taken of the pool's rows
     */
    int firstBeaten(
        EnergySums.Rows compared,
        int firstRow,
        double[] rowTotals,
        double[] cross,
        boolean[] taken,
        int limit) {
      float[] starts = new float[rowTotals.length];
      float[] slopes = new float[rowTotals.length];
      double reciprocal = 1 / (selected[begin] + 1.0);
      double sign = Math.signum(sums.factor());
      double perFactor = 1 / Math.abs(sums.factor());
      // Without a branch or a call, so that C2 compiles it to vector instructions.
      for (int i = 0; i < starts.length; i++) {
        double sum = sign * rowTotals[i];
        double drawn = cross[firstRow + i] * perFactor;
        double error = TERM_ERROR * (Math.abs(sum) * reciprocal + Math.abs(drawn));
        starts[i] = (float) (sum * reciprocal - drawn + error);
        slopes[i] = (float) sum;
      }
      int[] rising = new int[starts.length];
      int end = Math.min(limit, begin + points.panelSize());
      int count = compared.rises(end - begin, starts, slopes, steps, factors, limits, rising);
      int beaten = limit;
      for (int i = 0; i < count; i++) {
        int row = firstRow + rising[i];
        if (!taken[row] && !certain.isKnownToBeNear(row)) {
          double total = rowTotals[rising[i]];
          beaten = firstBeaten(compared, rising[i], row, total, cross[row], beaten);
        }
      }
      return beaten;
    }

    private int firstBeaten(
        EnergySums.Rows compared, int at, int row, double total, double rowCross, int limit) {
      int end = Math.min(limit, begin + points.panelSize());
      double sum = total;
      for (int pick = begin; pick < end; pick++) {
        double score = score(sums, sum, rowCross, selected[pick]);
        if (score > scores[pick] || (score == scores[pick] && row < rows[pick])) {
          // A limit that forbids the row before this pick does so before later ones too.
          return certain.allowsBefore(row, certainCount + pick) ? pick : limit;
        }
        sum += weights[pick] * compared.ofPair(at, pick - begin);
      }
      return limit;
    }
  }

  /** These picks, a panel at a time. */
  Panel[] panels() {
    Panel[] panels = new Panel[points.panels()];
    Arrays.setAll(panels, panel -> new Panel(panel * points.panelSize()));
    return panels;
  }
}
