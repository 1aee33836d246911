package io.gio4j.internal.select;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.neighbors.NeighborSearch;
import io.gio4j.select.Limits;
import io.gio4j.select.SelectionRequest;
import it.unimi.dsi.fastutil.doubles.DoubleArrayList;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Which rows a request's {@link Limits} allow, as rows are picked.
 *
 * <p>Rows that are forbidden from the start are found in advance. Caps, floors and costs need a few
 * comparisons a row. The distance to the picks is measured only where it decides, in double, and
 * remembered: no row is compared with a pick twice.
 *
 * <p>Picks may be pending: {@link #add added} before they are certain, and {@link #retract
 * retracted} again. Nothing is remembered of them. Queries may come from several threads as long as
 * no two are about the same row and no pick is added meanwhile.
 */
final class RowLimits {
  /** Rows up to 2^24 have their numbers as floats. */
  private static final int MOST_SOURCES = 1 << 24;

  /** Picks of a chunk of their values. */
  private static final int CHUNK = 256;

  private final Limits limits;
  private final FloatMatrix pool;
  private final Execution execution;
  private final long budget;

  /** Rows that may not be picked from the start. */
  private final BitSet forbidden;

  private final int[] sources;
  private final float[] costs;

  /** By source: what may be picked, what is, and how many rows have to be; null without sources. */
  private final double[] most;

  private final double[] used;
  private final long[] least;

  /** How many more rows the floors need. */
  private long unmet;

  private double spent;

  /** The picks, and what the numbers above were before each of them. */
  private final IntArrayList picks = new IntArrayList();

  private final DoubleArrayList usedBefore = new DoubleArrayList();
  private final LongArrayList unmetBefore = new LongArrayList();
  private final DoubleArrayList spentBefore = new DoubleArrayList();

  /** Picks that are certain. */
  private int settled;

  /** The values of the picks, in chunks; empty without a smallest distance. */
  private float[][] values = {};

  /**
   * By row, with how many of the first picks it was compared, none of which is near; or the
   * complement of the number of the first pick that is near. Null without a smallest distance.
   */
  private final int[] compared;

  RowLimits(SelectionRequest request, Execution execution) {
    this.limits = request.limits();
    this.pool = request.pool();
    this.execution = execution;
    this.budget = request.budget() == null ? Long.MAX_VALUE : request.budget();
    this.costs = limits.costs() == null ? null : costs(limits.costs());
    this.sources = limits.sources() == null ? null : sources(limits.sources());
    int count = sources == null ? 0 : Arrays.stream(sources).max().orElse(0) + 1;
    this.most = new double[count];
    this.used = new double[count];
    this.least = new long[count];
    Arrays.fill(most, Double.POSITIVE_INFINITY);
    limits.caps().forEach((source, cap) -> most[known("caps", source)] = cap);
    limits.floors().forEach((source, floor) -> least[known("floors", source)] = floor);
    this.unmet = Arrays.stream(least).sum();
    boolean areApart = limits.minDistance() != null && limits.minDistance() > 0;
    this.compared = areApart ? new int[pool.rows()] : null;
    this.forbidden = new BitSet(pool.rows());
    exclude();
    requireFloors();
    for (int row = 0; row < pool.rows(); row++) {
      if (!isOpen(row)) {
        forbidden.set(row);
      }
    }
    forbidNear(limits.avoid(), limits.avoidDistance(), true);
    if (areApart) {
      forbidNear(request.existing(), limits.minDistance(), false);
    }
  }

  private static float[] column(FloatMatrix column) {
    float[] values = new float[column.rows()];
    column.copyRows(0, values.length, values, 0);
    return values;
  }

  private static float[] costs(FloatMatrix column) {
    float[] costs = column(column);
    for (int row = 0; row < costs.length; row++) {
      if (!(costs[row] > 0 && costs[row] < Float.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException(
            "%s: row %d is %s; must be a finite number above 0"
                .formatted(column.name(), row, costs[row]));
      }
    }
    return costs;
  }

  private static int[] sources(FloatMatrix column) {
    float[] numbers = column(column);
    int[] sources = new int[numbers.length];
    for (int row = 0; row < sources.length; row++) {
      float number = numbers[row];
      if (!(number >= 0 && number < MOST_SOURCES && number == Math.rint(number))) {
        throw new IllegalArgumentException(
            "%s: row %d is %s; must be the number of a source, from 0 to %d"
                .formatted(column.name(), row, number, MOST_SOURCES - 1));
      }
      sources[row] = (int) number;
    }
    return sources;
  }

  private int known(String limit, int source) {
    if (source < 0 || source >= most.length) {
      throw new IllegalArgumentException(
          "%s: name source %d; the sources of the pool are 0 to %d"
              .formatted(limit, source, most.length - 1));
    }
    return source;
  }

  private void exclude() {
    if (limits.excluded() != null) {
      float[] excluded = column(limits.excluded());
      for (int row = 0; row < excluded.length; row++) {
        forbidden.set(row, excluded[row] != 0);
      }
    }
  }

  /** Every floor must be possible with the rows that are not excluded, and below the cap. */
  private void requireFloors() {
    if (limits.floors().isEmpty()) {
      return;
    }
    long[] rows = new long[least.length];
    for (int row = forbidden.nextClearBit(0);
        row < sources.length;
        row = forbidden.nextClearBit(row + 1)) {
      rows[sources[row]]++;
    }
    for (int source = 0; source < least.length; source++) {
      long possible = (long) Math.min((double) rows[source], most[source]);
      if (least[source] > possible) {
        throw new IllegalArgumentException(
            "floors: of source %d is %d; at most %d can be picked of it"
                .formatted(source, least[source], possible));
      }
    }
  }

  private void forbidNear(FloatMatrix rows, Double distance, boolean atOnce) {
    if (rows == null) {
      return;
    }
    execution.progress().stage("limits", 0);
    Execution within = execution.withinStage();
    double[] squared =
        NeighborSearch.of(
                RowBlocks.of(pool, within),
                RowBlocks.of(rows, within),
                1,
                false,
                new BitSet(),
                within)
            .squaredDistances();
    for (int row = 0; row < squared.length; row++) {
      double found = Math.sqrt(squared[row]);
      if (found < distance || (atOnce && found == distance)) {
        forbidden.set(row);
      }
    }
  }

  /** {@return the rows that are forbidden from the start} */
  BitSet forbidden() {
    return (BitSet) forbidden.clone();
  }

  /** {@return the number of each row's source, not to be changed; null without sources} */
  int[] sources() {
    return sources;
  }

  /** Whether all limits but the smallest distance allow a row now. */
  boolean isOpen(int row) {
    return isOpenBefore(row, picks.size());
  }

  /** Whether all limits allow a row now. */
  boolean allows(int row) {
    return allowsBefore(row, picks.size());
  }

  /** Whether all limits allowed a row when the first {@code count} picks were made. */
  boolean allowsBefore(int row, int count) {
    return isOpenBefore(row, count) && !isNear(row, count);
  }

  private boolean isOpenBefore(int row, int count) {
    if (forbidden.get(row) || !isAffordable(row, count)) {
      return false;
    }
    if (sources == null) {
      return true;
    }
    int source = sources[row];
    double before = usedBefore(source, count);
    if (before + size(row) > most[source]) {
      return false;
    }
    long needed = count == picks.size() ? unmet : unmetBefore.getLong(count);
    return needed - (before < least[source] ? 1 : 0) < budget - count;
  }

  private boolean isAffordable(int row, int count) {
    double before = count == picks.size() ? spent : spentBefore.getDouble(count);
    return costs == null || before + costs[row] <= limits.maxCost();
  }

  /** What caps count of a row. */
  private double size(int row) {
    return costs == null ? 1 : costs[row];
  }

  private double usedBefore(int source, int count) {
    for (int pick = count; pick < picks.size(); pick++) {
      if (sources[picks.getInt(pick)] == source) {
        return usedBefore.getDouble(pick);
      }
    }
    return used[source];
  }

  /** Whether one of the first {@code count} picks is too near. */
  private boolean isNear(int row, int count) {
    if (compared == null) {
      return false;
    }
    if (compared[row] < 0) {
      return ~compared[row] < count;
    }
    if (compared[row] >= count) {
      return false;
    }
    double[] point = new double[pool.columns()];
    RowBlocks.widen(pool.row(row), 0, point);
    int certain = Math.min(settled, count);
    if (compared[row] < certain) {
      int near = firstNear(point, compared[row], certain);
      compared[row] = near < 0 ? certain : ~near;
      if (near >= 0) {
        return true;
      }
    }
    return firstNear(point, compared[row], count) >= 0;
  }

  /** Whether a certain pick is too near, as far as that was found. */
  boolean isKnownToBeNear(int row) {
    return compared != null && compared[row] < 0;
  }

  /** The first of some picks that is too near to a point; -1 for none. */
  private int firstNear(double[] point, int from, int to) {
    double[] squared = new double[CHUNK];
    int begin = from;
    while (begin < to) {
      int first = begin % CHUNK;
      int count = Math.min(CHUNK - first, to - begin);
      execution
          .opsFor((long) pool.rows() * point.length)
          .rows()
          .squaredDistances(
              values[begin / CHUNK], first * point.length, count, point.length, point, squared, 0);
      for (int i = 0; i < count; i++) {
        if (Math.sqrt(squared[i]) < limits.minDistance()) {
          return begin + i;
        }
      }
      begin += count;
    }
    return -1;
  }

  /** Adds a pick, which is pending until it is {@link #settle settled}. */
  void add(int row) {
    int place = picks.size();
    picks.add(row);
    unmetBefore.add(unmet);
    spentBefore.add(spent);
    spent += costs == null ? 0 : costs[row];
    if (sources != null) {
      int source = sources[row];
      usedBefore.add(used[source]);
      unmet -= used[source] < least[source] ? 1 : 0;
      used[source] += size(row);
    }
    if (compared != null) {
      int chunk = place / CHUNK;
      if (chunk == values.length) {
        values = Arrays.copyOf(values, chunk + 1);
        values[chunk] = new float[Math.multiplyExact(CHUNK, pool.columns())];
      }
      pool.copyRows(row, 1, values[chunk], place % CHUNK * pool.columns());
    }
  }

  /** {@return how many picks there are, pending ones included} */
  int count() {
    return picks.size();
  }

  /** Makes the first {@code count} picks certain. */
  void settle(int count) {
    settled = count;
  }

  /** Retracts all picks but the first {@code count}. */
  void retract(int count) {
    while (picks.size() > count) {
      int last = picks.size() - 1;
      int row = picks.removeInt(last);
      unmet = unmetBefore.removeLong(last);
      spent = spentBefore.removeDouble(last);
      if (sources != null) {
        used[sources[row]] = usedBefore.removeDouble(last);
      }
    }
  }

  /** Removes a pick that was certain, as if it had not been made. */
  void remove(int row) {
    int[] others = picks.intStream().filter(pick -> pick != row).toArray();
    retract(0);
    if (compared != null) {
      Arrays.fill(compared, 0);
    }
    for (int other : others) {
      add(other);
    }
    settle(others.length);
  }

  /** Whether a row that is not picked is forbidden by nothing but its cost. */
  boolean costsBind(BitSet picked) {
    if (costs == null) {
      return false;
    }
    for (int row = picked.nextClearBit(0); row < costs.length; row = picked.nextClearBit(row + 1)) {
      boolean isCapped = sources != null && used[sources[row]] + size(row) > most[sources[row]];
      if (!isAffordable(row, picks.size()) && !isCapped && !isExcluded(row)) {
        return true;
      }
    }
    return false;
  }

  private boolean isExcluded(int row) {
    return forbidden.get(row) && costs[row] <= limits.maxCost();
  }

  /** {@return how many rows of mean cost the picks can be; the largest number without costs} */
  long expected() {
    if (costs == null) {
      return Long.MAX_VALUE;
    }
    double total = 0;
    for (float cost : costs) {
      total += cost;
    }
    return (long) Math.max(1, Math.ceil(limits.maxCost() * costs.length / total));
  }
}
