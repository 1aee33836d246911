package io.gio4j.internal.select;

import io.gio4j.internal.Execution;
import io.gio4j.random.PythonRandom;
import io.gio4j.select.StopReason;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Rows by their scores: the largest first, or a draw in which larger ones come sooner.
 *
 * <p><b>With a temperature</b> the scores are standardised (less their mean, over their standard
 * deviation), divided by it, and a number drawn from the Gumbel distribution is added to each; the
 * rows come by that sum. It is a draw without replacement in which each pick is one of the rows
 * left with a chance in proportion to {@code exp(standardised score / temperature)} (Gumbel top-k).
 * Where all scores are equal, so are the chances. Costs a sort. Memory: about 32 bytes a row.
 *
 * <p>Source: Kool, van Hoof and Welling 2019 (arXiv 1903.06059), with standardised scores as
 * DATE-LM has it.
 */
public final class ScoreRanking {
  private ScoreRanking() {}

  /**
   * Checks a temperature.
   *
   * @param temperature the number, null for none
   * @throws IllegalArgumentException if it is not above 0
   */
  public static void requireTemperature(Double temperature) {
    if (temperature != null && !(temperature > 0 && temperature < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "temperature: is " + temperature + "; must be a finite number above 0, or null");
    }
  }

  /**
   * Picks rows until the budget is reached. A pick's gain is its score, the trace the sum of the
   * scores so far.
   *
   * @param scores one a pool row, finite
   * @param temperature null for the largest scores, equal ones by row number
   * @param seed draws where there is a temperature
   * @param picks receives the rows
   * @param execution can be cancelled
   * @return why it ended
   */
  public static StopReason pick(
      double[] scores, Double temperature, long seed, Picks picks, Execution execution) {
    // 0.0 less a score, as the negative of 0.0 would come before that of -0.0.
    Scored[] order =
        temperature == null
            ? IntStream.range(0, scores.length)
                .mapToObj(row -> new Scored(0.0 - scores[row], row))
                .toArray(Scored[]::new)
            : drawn(scores, temperature, seed);
    execution.progress().check();
    Arrays.sort(order);
    picks.begin(Double.NaN, scores.length);
    double sum = 0;
    for (Scored each : order) {
      if (picks.full()) {
        break;
      }
      if (picks.allows(each.row())) {
        sum += scores[each.row()];
        picks.add(each.row(), scores[each.row()], sum);
      }
    }
    return picks.ended();
  }

  /** Standardised scores over the temperature, plus Gumbel's numbers; the largest rank first. */
  private static Scored[] drawn(double[] scores, double temperature, long seed) {
    double mean = Arrays.stream(scores).sum() / scores.length;
    double squares = 0;
    for (double score : scores) {
      squares += (score - mean) * (score - mean);
    }
    double deviation = Math.sqrt(squares / scores.length);
    PythonRandom random = PythonRandom.seeded(seed);
    Scored[] drawn = new Scored[scores.length];
    for (int row = 0; row < drawn.length; row++) {
      double standardised = deviation == 0 ? 0 : (scores[row] - mean) / deviation;
      double gumbel = -Math.log(-Math.log(random.nextDouble()));
      drawn[row] = new Scored(-(standardised / temperature + gumbel), row);
    }
    return drawn;
  }
}
