package io.gio4j.select;

import io.gio4j.data.FloatMatrix;
import java.util.Map;

/**
 * What a selection may not pick. Immutable.
 *
 * <p>A limit that forbids a row once forbids it for the rest of the selection: the method takes its
 * next best row instead. A method that cannot keep a limit refuses the request.
 *
 * <pre>{@code
 * Limits limits = new Limits().withCaps(sources, Map.of(0, 100.0)).withMinDistance(0.1);
 * Selection found = new Balanced().select(request.withLimits(limits));
 * }</pre>
 *
 * @param excluded a column of numbers, of which every one but 0 excludes its pool row; null for
 *     none
 * @param sources a column with the number of each pool row's source, from 0 on; null without caps,
 *     floors and methods that draw from sources
 * @param caps the most to pick of a source, by its number: in rows, or in costs if there are any;
 *     empty for none
 * @param floors the fewest rows to pick of a source, by its number; as soon as the budget that is
 *     left is what they still need, no other rows are picked; empty for none
 * @param costs a column with the cost of each pool row, above 0; null for none
 * @param maxCost what the picks may cost together; null without costs
 * @param minDistance the smallest distance between two picks, or between a pick and an existing
 *     row; null for any
 * @param avoid rows which no pick may resemble; null for none
 * @param avoidDistance the distance from a row to avoid up to which a pool row is excluded; null
 *     without such rows
 */
public record Limits(
    FloatMatrix excluded,
    FloatMatrix sources,
    Map<Integer, Double> caps,
    Map<Integer, Long> floors,
    FloatMatrix costs,
    Double maxCost,
    Double minDistance,
    FloatMatrix avoid,
    Double avoidDistance) {
  /**
   * Checks what does not depend on the pool.
   *
   * @throws IllegalArgumentException if a number is out of its bounds, or one is given without
   *     another that it needs
   */
  public Limits {
    caps = Map.copyOf(caps);
    floors = Map.copyOf(floors);
    requireTogether("caps", caps.isEmpty() || sources != null, "sources");
    requireTogether("floors", floors.isEmpty() || sources != null, "sources");
    requireTogether("costs", (costs == null) == (maxCost == null), "a cost that they may reach");
    requireTogether("avoid", (avoid == null) == (avoidDistance == null), "a distance");
    caps.forEach((source, most) -> requireAtLeastZero("caps: of source " + source, most));
    floors.forEach((source, least) -> requireAtLeastZero("floors: of source " + source, least));
    if (maxCost != null && !(maxCost > 0 && maxCost < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "maxCost: is " + maxCost + "; must be a finite number above 0");
    }
    if (minDistance != null) {
      requireAtLeastZero("minDistance:", minDistance);
    }
    if (avoidDistance != null) {
      requireAtLeastZero("avoidDistance:", avoidDistance);
    }
    if (costs != null && !floors.isEmpty()) {
      throw new IllegalArgumentException(
          "floors: count rows, and with costs the budget is in costs; leave one of them out");
    }
  }

  private static void requireTogether(String given, boolean isWhole, String needed) {
    if (!isWhole) {
      throw new IllegalArgumentException(given + ": need " + needed + "; pass both");
    }
  }

  private static void requireAtLeastZero(String name, double value) {
    if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          name + " is " + value + "; must be a finite number of at least 0");
    }
  }

  /** No limits. */
  public Limits() {
    this(null, null, Map.of(), Map.of(), null, null, null, null, null);
  }

  /**
   * With pool rows that are never picked.
   *
   * @param value a column of numbers, of which every one but 0 excludes its row; null for none
   * @return a changed copy
   */
  public Limits withExcluded(FloatMatrix value) {
    return new Limits(
        value, sources, caps, floors, costs, maxCost, minDistance, avoid, avoidDistance);
  }

  /**
   * With sources, and the most to pick of some of them.
   *
   * @param column the number of each pool row's source, from 0 on
   * @param value by source; empty for sources without caps
   * @return a changed copy
   */
  public Limits withCaps(FloatMatrix column, Map<Integer, Double> value) {
    return new Limits(
        excluded, column, value, floors, costs, maxCost, minDistance, avoid, avoidDistance);
  }

  /**
   * With sources, and the fewest rows to pick of some of them.
   *
   * @param column the number of each pool row's source, from 0 on
   * @param value by source
   * @return a changed copy
   */
  public Limits withFloors(FloatMatrix column, Map<Integer, Long> value) {
    return new Limits(
        excluded, column, caps, value, costs, maxCost, minDistance, avoid, avoidDistance);
  }

  /**
   * With costs of pool rows.
   *
   * @param column the cost of each pool row, above 0
   * @param most what the picks may cost together
   * @return a changed copy
   */
  public Limits withCosts(FloatMatrix column, double most) {
    return new Limits(
        excluded, sources, caps, floors, column, most, minDistance, avoid, avoidDistance);
  }

  /**
   * With a smallest distance between picks.
   *
   * @param value a length of at least 0
   * @return a changed copy
   */
  public Limits withMinDistance(double value) {
    return new Limits(excluded, sources, caps, floors, costs, maxCost, value, avoid, avoidDistance);
  }

  /**
   * With rows which no pick may resemble.
   *
   * @param rows with the pool's columns
   * @param distance up to which a pool row is excluded; 0 excludes copies
   * @return a changed copy
   */
  public Limits withAvoid(FloatMatrix rows, double distance) {
    return new Limits(excluded, sources, caps, floors, costs, maxCost, minDistance, rows, distance);
  }

  /** {@return whether all that they forbid is known before the first pick} */
  public boolean areOfRowsAlone() {
    return caps.isEmpty() && floors.isEmpty() && costs == null && minDistance == null;
  }
}
