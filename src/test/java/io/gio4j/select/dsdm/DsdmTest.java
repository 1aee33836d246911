package io.gio4j.select.dsdm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import io.gio4j.select.nearest.Nearest;
import io.gio4j.testing.StopAtThree;
import io.gio4j.testing.TestRows;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class DsdmTest {
  private static final Execution ONE = Execution.of(1, SimdProvider.scalar());

  private static SelectionRequest request(long budget, float... scores) {
    return SelectionRequest.of(TestRows.normal(1, scores.length, 2), TestRows.normal(2, 3, 2))
        .withBudget(budget)
        .withScores(FloatMatrix.of(scores, scores.length, 1).named("scores"));
  }

  private static Selection select(Double temperature, SelectionRequest request) {
    return new Dsdm().withTemperature(temperature).select(request, ONE);
  }

  @Test
  void theLargestComeFirstAndEqualOnesByNumber() {
    Selection found = select(null, request(6, -1, 3, 0f, -0f, 3, 2, 5));
    assertArrayEquals(new int[] {6, 1, 4, 5, 2, 3}, found.indices());
    assertArrayEquals(new double[] {5, 3, 3, 2, 0, -0.0}, found.gains());
    assertArrayEquals(new double[] {5, 8, 11, 13, 13, 13}, found.trace());
    assertEquals(StopReason.BUDGET, found.stopReason());
    Selection all = select(null, request(9, 1, 2));
    assertArrayEquals(new int[] {1, 0}, all.indices());
    assertEquals(StopReason.EXHAUSTED, all.stopReason());
  }

  @Test
  void aWeightCountsInTheBudgetAndNothingElseHasInfluence() {
    SelectionRequest request = request(4, 1, 2, 3, 4);
    FloatMatrix weights = FloatMatrix.of(new float[] {1, 1, 3, 2}, 4, 1);
    assertArrayEquals(new int[] {3, 2}, select(null, request.withWeights(weights)).indices());
    SelectionRequest three = request.withBudget(3).withExisting(request.pool()).withSeed(5);
    assertArrayEquals(new int[] {3, 2, 1}, select(null, three).indices());
  }

  /**
   * Of scores 0, 1, 2, standardised by sqrt(2/3), the first pick is drawn by their exponentials
   * over the temperature: 30,000 draws.
   */
  @Test
  void withATemperatureTheChancesAreThoseOfTheScores() {
    for (double temperature : new double[] {0.5, 2}) {
      int[] counts = new int[3];
      for (int seed = 0; seed < 30_000; seed++) {
        counts[select(temperature, request(1, 0, 1, 2).withSeed(seed)).indices()[0]]++;
      }
      double[] weights = new double[3];
      Arrays.setAll(weights, i -> Math.exp((i - 1) / Math.sqrt(2.0 / 3) / temperature));
      double total = Arrays.stream(weights).sum();
      for (int i = 0; i < 3; i++) {
        double expected = weights[i] / total;
        double deviation = Math.sqrt(30_000 * expected * (1 - expected));
        assertEquals(30_000 * expected, counts[i], 5 * deviation, "row " + i);
      }
    }
  }

  @Test
  void aTinyTemperatureTakesTheLargestAndEqualScoresAreDrawn() {
    SelectionRequest request = request(3, 1, 9, 3, 4);
    assertArrayEquals(new int[] {1, 3, 2}, select(1e-300, request).indices());
    int[] counts = new int[4];
    for (int seed = 0; seed < 4_000; seed++) {
      counts[select(1.0, request(1, 2, 2, 2, 2).withSeed(seed)).indices()[0]]++;
    }
    for (int count : counts) {
      assertEquals(1_000, count, 5 * 28);
    }
  }

  @Test
  void whoStopsItMayKeepThePicks() {
    Selection part =
        new Dsdm()
            .select(
                request(5, 1, 2, 3, 4, 5),
                new Execution(ONE.workers(), ONE.ops(), new StopAtThree(true)));
    assertArrayEquals(new int[] {4, 3, 2}, part.indices());
    assertEquals(StopReason.INTERRUPTED, part.stopReason());
  }

  @Test
  void whatDoesNotFitIsRefused() {
    assertRefused(
        "scores: are missing; dsdm picks the rows with the largest, so pass a number for each pool row",
        () -> select(null, request(1, 1).withScores(null)));
    assertRefused(
        "scores: row 1 is Infinity; must be a finite number",
        () -> select(null, request(1, 1, Float.POSITIVE_INFINITY)));
    assertRefused(
        "temperature: is 0.0; must be a finite number above 0, or null",
        () -> select(0.0, request(1, 1)));
    assertRefused(
        "scores: this method uses none; leave them out", () -> new Nearest().select(request(1, 1)));
    SelectionRequest open = SelectionRequest.of(TestRows.normal(1, 2, 2), TestRows.normal(1, 2, 2));
    assertTrue(
        assertThrows(IllegalArgumentException.class, () -> select(null, open))
            .getMessage()
            .startsWith("budget: is missing, and dsdm"));
  }

  private static void assertRefused(String message, Runnable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call::run).getMessage());
  }
}
