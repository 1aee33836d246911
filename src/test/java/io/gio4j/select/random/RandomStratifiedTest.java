package io.gio4j.select.random;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.data.FloatMatrix;
import io.gio4j.select.Limits;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import io.gio4j.testing.TestRows;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RandomStratifiedTest {
  /** Source 0 has 100 rows, 1 has 60, 2 has 30 and 3 has 10, in one order after another. */
  private static final int[] SIZES = {100, 60, 30, 10};

  private static final int ROWS = Arrays.stream(SIZES).sum();
  private static final FloatMatrix POOL = TestRows.normal(1, ROWS, 2);
  private static final FloatMatrix SOURCES = sources();

  private static FloatMatrix sources() {
    float[] values = new float[ROWS];
    int row = 0;
    for (int source = 0; source < SIZES.length; source++) {
      Arrays.fill(values, row, row + SIZES[source], source);
      row += SIZES[source];
    }
    return FloatMatrix.of(values, ROWS, 1);
  }

  private static SelectionRequest request(long budget, long seed) {
    return SelectionRequest.of(POOL, POOL)
        .withBudget(budget)
        .withSeed(seed)
        .withLimits(new Limits().withCaps(SOURCES, Map.of()));
  }

  private static int[] counts(int[] rows) {
    int[] counts = new int[SIZES.length];
    for (int row : rows) {
      counts[(int) SOURCES.row(row)[0]]++;
    }
    return counts;
  }

  @Test
  void equalSharesUntilASourceIsUsedUp() {
    RandomStratified method = new RandomStratified();
    assertArrayEquals(new int[] {5, 5, 5, 5}, counts(method.select(request(20, 1)).indices()));
    // 10 of the smallest, and 30 of each of the others.
    assertArrayEquals(new int[] {30, 30, 30, 10}, counts(method.select(request(100, 1)).indices()));
    assertArrayEquals(new int[] {45, 45, 30, 10}, counts(method.select(request(130, 1)).indices()));
    Selection all = method.select(request(ROWS + 5, 1));
    assertArrayEquals(SIZES, counts(all.indices()));
    assertEquals(StopReason.EXHAUSTED, all.stopReason());
    assertEquals(ROWS, Arrays.stream(all.indices()).distinct().count());
  }

  @Test
  void sharesBySizeAreTheQuotaRounded() {
    RandomStratified method = new RandomStratified(RandomStratified.Shares.SIZE);
    int[] order = method.select(request(ROWS, 3)).indices();
    for (int budget = 1; budget <= ROWS; budget++) {
      int[] found = counts(Arrays.copyOf(order, budget));
      for (int source = 0; source < SIZES.length; source++) {
        double quota = (double) budget * SIZES[source] / ROWS;
        assertTrue(Math.abs(found[source] - quota) < 1.5, budget + " rows");
      }
    }
    assertArrayEquals(new int[] {10, 6, 3, 1}, counts(method.select(request(20, 3)).indices()));
  }

  @Test
  void everyRowOfASourceHasTheSameChance() {
    int[] drawn = new int[ROWS];
    Set<Integer> first = new HashSet<>();
    int seeds = 2_000;
    for (int seed = 0; seed < seeds; seed++) {
      int[] rows = new RandomStratified().select(request(8, seed)).indices();
      Arrays.stream(rows).forEach(row -> drawn[row]++);
      first.add((int) SOURCES.row(rows[0])[0]);
    }
    // Two rows of each source; five deviations of a binomial are less than 0.6 of the largest.
    int row = 0;
    for (int size : SIZES) {
      double expected = 2.0 * seeds / size;
      for (int end = row + size; row < end; row++) {
        assertEquals(expected, drawn[row], 5 * Math.sqrt(expected));
      }
    }
    assertEquals(4, first.size());
  }

  @Test
  void aSmallerBudgetIsAPrefixAndASeedDecides() {
    RandomStratified method = new RandomStratified();
    int[] many = method.select(request(90, 5)).indices();
    assertArrayEquals(Arrays.copyOf(many, 31), method.select(request(31, 5)).indices());
    assertNotEquals(
        Arrays.toString(many), Arrays.toString(method.select(request(90, 6)).indices()));
  }

  @Test
  void limitsChangeWhatSourcesHave() {
    float[] excluded = new float[ROWS];
    Arrays.fill(excluded, 0, 90, 1);
    Limits limits =
        new Limits()
            .withCaps(SOURCES, Map.of(1, 4.0))
            .withFloors(SOURCES, Map.of(2, 20L))
            .withExcluded(FloatMatrix.of(excluded, ROWS, 1));
    Selection found = new RandomStratified().select(request(40, 1).withLimits(limits));
    assertArrayEquals(new int[] {8, 4, 20, 8}, counts(found.indices()));
    assertTrue(Arrays.stream(found.indices()).allMatch(row -> row >= 90));
    // By size 10, 60, 30 and 10 rows are left.
    Limits fewer = new Limits().withCaps(SOURCES, Map.of()).withExcluded(limits.excluded());
    Selection bySize =
        new RandomStratified(RandomStratified.Shares.SIZE).select(request(22, 1).withLimits(fewer));
    assertArrayEquals(new int[] {2, 12, 6, 2}, counts(bySize.indices()));
  }

  @Test
  void withoutSourcesItIsRefused() {
    SelectionRequest request = SelectionRequest.of(POOL, POOL).withBudget(5);
    RandomStratified method = new RandomStratified();
    assertThrows(IllegalArgumentException.class, () -> method.select(request));
    assertThrows(
        IllegalArgumentException.class, () -> method.select(request.withLimits(new Limits())));
    SelectionRequest natural =
        SelectionRequest.of(POOL, POOL).withLimits(new Limits().withCaps(SOURCES, Map.of()));
    assertTrue(
        assertThrows(IllegalArgumentException.class, () -> method.select(natural))
            .getMessage()
            .startsWith("budget: is missing"));
  }
}
