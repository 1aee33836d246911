package org.example;

import io.gio4j.Progress;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionMethod;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A method of somebody else's: this file and a line in {@code META-INF/services} are all of it.
 *
 * @param firstRow where it begins
 * @param direction where it goes from there
 * @param gain of every pick; null for 1
 */
public record Toy(int firstRow, Direction direction, Double gain) implements SelectionMethod {
  /** Where the next row lies. */
  public enum Direction {
    DOWN_THE_POOL,
    UP_THE_POOL
  }

  /** Checks the first row. */
  public Toy {
    if (firstRow < 0) {
      throw new IllegalArgumentException("firstRow: is " + firstRow + "; must be at least 0");
    }
  }

  /** The defaults. */
  public Toy() {
    this(0, Direction.DOWN_THE_POOL, null);
  }

  @Override
  public Selection select(SelectionRequest request, Progress progress) {
    int step = direction == Direction.DOWN_THE_POOL ? 1 : -1;
    int[] rows =
        IntStream.iterate(
                firstRow, row -> row >= 0 && row < request.pool().rows(), row -> row + step)
            .limit(request.budget() == null ? Long.MAX_VALUE : request.budget())
            .toArray();
    progress.stage("select", rows.length);
    for (int pick = 0; pick < rows.length; pick++) {
      progress.check();
      progress.picked(pick + 1, 0);
    }
    double[] gains = new double[rows.length];
    Arrays.fill(gains, gain == null ? 1 : gain);
    return new Selection(
        rows,
        gains,
        new double[rows.length],
        null,
        Double.NaN,
        StopReason.BUDGET,
        Map.of("last_row", rows[rows.length - 1], "seed", request.seed()));
  }
}
