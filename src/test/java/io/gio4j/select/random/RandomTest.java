package io.gio4j.select.random;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.Progress;
import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.parallel.WorkerPool;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import io.gio4j.testing.StopAtThree;
import io.gio4j.testing.TestRows;
import java.util.Arrays;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RandomTest {
  private static final Execution ONE = Execution.of(1, SimdProvider.scalar());

  private static SelectionRequest request(int poolRows) {
    return SelectionRequest.of(TestRows.normal(1, poolRows, 3), TestRows.normal(2, 4, 3));
  }

  private static Selection select(SelectionRequest request) {
    return new Random().select(request, ONE);
  }

  /** Recorded: {@code random.Random(7).sample(range(10), 10)}. */
  @Test
  void theOrderIsThatOfPython() {
    Selection found = select(request(10).withSeed(7).withBudget(10));
    assertArrayEquals(new int[] {5, 2, 6, 9, 0, 7, 4, 1, 3, 8}, found.indices());
    assertEquals(StopReason.BUDGET, found.stopReason());
    assertTrue(Arrays.stream(found.gains()).allMatch(Double::isNaN));
    assertTrue(Arrays.stream(found.trace()).allMatch(Double::isNaN));
    assertTrue(Double.isNaN(found.startingObjective()));
  }

  @Test
  void aSmallerBudgetHasTheFirstPicks() {
    SelectionRequest request = request(500).withSeed(3);
    int[] many = select(request.withBudget(400)).indices();
    assertArrayEquals(Arrays.copyOf(many, 30), select(request.withBudget(30)).indices());
    assertFalse(
        Arrays.equals(many, select(request.withSeed(4).withBudget(400)).indices()), "the seed");
  }

  @Test
  void eachRowComesOnce() {
    Selection found = select(request(100).withBudget(101));
    assertEquals(StopReason.EXHAUSTED, found.stopReason());
    assertArrayEquals(
        IntStream.range(0, 100).toArray(), Arrays.stream(found.indices()).sorted().toArray());
    assertArrayEquals(new int[] {0}, select(request(1).withBudget(1)).indices());
  }

  /** Of 20,000 draws of 3 of 10 rows each row is in 0.3: 6,000 with a deviation of 65. */
  @Test
  void everyRowHasTheSameChanceWhateverItsWeight() {
    SelectionRequest request = request(10).withBudget(3);
    int[] counts = new int[10];
    for (int seed = 0; seed < 20_000; seed++) {
      Arrays.stream(select(request.withSeed(seed)).indices()).forEach(row -> counts[row]++);
    }
    for (int count : counts) {
      assertEquals(6_000, count, 6 * 65);
    }
  }

  @Test
  void aWeightCountsInTheBudgetAlone() {
    float[] column = new float[200];
    for (int row = 0; row < column.length; row++) {
      column[row] = 1 + row % 5;
    }
    SelectionRequest request = request(200).withSeed(1);
    FloatMatrix weights = FloatMatrix.of(column, 200, 1);
    int[] order = select(request.withBudget(200)).indices();
    int[] found = select(request.withBudget(90).withWeights(weights)).indices();
    assertArrayEquals(Arrays.copyOf(order, found.length), found);
    double before = Arrays.stream(found, 0, found.length - 1).mapToDouble(row -> column[row]).sum();
    assertTrue(before < 90 && before + column[found[found.length - 1]] >= 90);
  }

  @Test
  void targetAndExistingRowsHaveNoInfluence() {
    SelectionRequest request = request(50).withBudget(9);
    int[] expected = select(request).indices();
    assertArrayEquals(expected, select(request.withExisting(request.target())).indices());
    SelectionRequest other = SelectionRequest.of(request.pool(), TestRows.normal(9, 30, 3));
    assertArrayEquals(expected, select(other.withBudget(9)).indices());
  }

  @Test
  void whoStopsItMayKeepThePicks() {
    SelectionRequest request = request(100).withBudget(20);
    Selection part = new Random().select(request, watched(new StopAtThree(true)));
    assertArrayEquals(Arrays.copyOf(select(request).indices(), 3), part.indices());
    assertEquals(StopReason.INTERRUPTED, part.stopReason());
    assertThrows(
        CancellationException.class,
        () -> new Random().select(request, watched(new StopAtThree(false))));
  }

  private static Execution watched(Progress progress) {
    return new Execution(WorkerPool.of(1), numbers -> SimdProvider.scalar(), progress);
  }

  @Test
  void aBudgetIsNeededAndRowsHaveToBeFinite() {
    assertRefused(
        "budget: is missing, and random has no stop of its own; pass how many rows to pick",
        request(5));
    FloatMatrix bad = FloatMatrix.of(new float[] {1, 2, 3, 4, Float.NaN, 6}, 2, 3).named("target");
    assertRefused(
        "target: row 1 is not finite (column 1 is NaN); drop or repair such rows first",
        SelectionRequest.of(request(5).pool(), bad).withBudget(1));
    assertRefused(
        "pool: row 1 is not finite (column 1 is NaN); drop or repair such rows first",
        SelectionRequest.of(bad.named("pool"), request(5).target()).withBudget(1));
  }

  private static void assertRefused(String message, SelectionRequest request) {
    IllegalArgumentException thrown =
        assertThrows(IllegalArgumentException.class, () -> select(request));
    assertEquals(message, thrown.getMessage());
  }
}
