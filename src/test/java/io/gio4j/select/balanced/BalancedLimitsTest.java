package io.gio4j.select.balanced;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.kernel.EnergyKernel;
import io.gio4j.select.Limits;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import io.gio4j.testing.NaiveLimits;
import io.gio4j.testing.OneAtATime;
import io.gio4j.testing.TestRows;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Limits while picks are speculated in batches, on a pool that is longer than a shortlist. */
@Tag("simd")
class BalancedLimitsTest {
  private static final int ROWS = 6_000;
  private static final int BUDGET = 150;

  private static final FloatMatrix TARGET = TestRows.normal(2, 150, 3);
  private static final FloatMatrix POOL = pool();
  private static final FloatMatrix SOURCES = numbers(7, 6);
  private static final FloatMatrix COSTS = numbers(11, 9);

  /** Half of the pool lies in small heaps at target rows, where the best scores are. */
  private static FloatMatrix pool() {
    FloatMatrix wide = TestRows.normal(1, ROWS, 3, 0.2);
    float[][] rows = new float[ROWS][];
    for (int row = 0; row < ROWS; row++) {
      rows[row] = wide.row(row);
      for (int column = 0; column < 3 && row % 2 == 0; column++) {
        rows[row][column] = TARGET.row(row % 10)[column] + rows[row][column] / 50;
      }
    }
    return FloatMatrix.of(rows);
  }

  /** Whole numbers from 0, or 1 for costs, on. */
  private static FloatMatrix numbers(int factor, int modulus) {
    float[] values = new float[ROWS];
    for (int row = 0; row < ROWS; row++) {
      values[row] = (long) row * factor % modulus + (modulus == 9 ? 1 : 0);
    }
    return FloatMatrix.of(values, ROWS, 1);
  }

  private static Map<String, Limits> limits() {
    Map<String, Limits> all = new LinkedHashMap<>();
    all.put("caps", new Limits().withCaps(SOURCES, Map.of(0, 9.0, 2, 0.0, 4, 40.0)));
    all.put("floors", new Limits().withFloors(SOURCES, Map.of(1, 60L, 3, 75L)));
    all.put("costs", new Limits().withCosts(COSTS, 700));
    all.put("small distance", new Limits().withMinDistance(0.05));
    all.put("distance", new Limits().withMinDistance(0.4));
    all.put(
        "both",
        new Limits().withCosts(COSTS, 500).withCaps(SOURCES, Map.of(1, 80.0)).withMinDistance(0.1));
    return all;
  }

  @Test
  void batchesPickWhatOneAtATimeWould() {
    EnergyKernel kernel = new EnergyKernel(EnergyKernel.Kind.LAPLACE, 1);
    Balanced method = new Balanced(EnergyKernel.Kind.LAPLACE, 1.0, null);
    limits()
        .forEach((name, limits) -> {
          SelectionRequest request =
              SelectionRequest.of(POOL, TARGET).withBudget(BUDGET).withLimits(limits);
          NaiveLimits naive = new NaiveLimits(request);
          int[] expected =
              OneAtATime.picks(
                  request, kernel, BUDGET, (picked, row) -> naive.allows(List.copyOf(picked), row));
          Selection found = method.select(request);
          assertArrayEquals(expected, found.indices(), name);
          Selection threads = method.select(request, Execution.of(5, SimdProvider.scalar()));
          assertArrayEquals(found.trace(), threads.trace(), name);
        });
  }

  /** The rejected pick that forbade a row is never picked, and the row is. */
  @Test
  void whatRejectedPicksForbadeIsAllowedAgain() {
    EnergyKernel kernel = new EnergyKernel(EnergyKernel.Kind.LAPLACE, 1);
    Balanced method = new Balanced(EnergyKernel.Kind.LAPLACE, 1.0, null);
    Map.of(0, 0.2, 11, 0.2, 15, 0.1)
        .forEach((seed, distance) -> {
          SelectionRequest request =
              SelectionRequest.of(
                      TestRows.normal(seed, 5_000, 2, 0.1), TestRows.normal(seed + 100, 50, 2))
                  .withBudget(80)
                  .withLimits(new Limits().withMinDistance(distance));
          NaiveLimits naive = new NaiveLimits(request);
          assertArrayEquals(
              OneAtATime.picks(
                  request, kernel, 80, (picked, row) -> naive.allows(List.copyOf(picked), row)),
              method.select(request).indices());
        });
  }

  @Test
  void itGoesOnUntilNoRowIsAllowed() {
    Limits limits = new Limits().withMinDistance(1.5);
    Selection found =
        new Balanced()
            .select(SelectionRequest.of(POOL, TARGET).withBudget(ROWS).withLimits(limits));
    assertEquals(StopReason.LIMITS, found.stopReason());
    NaiveLimits naive = new NaiveLimits(SelectionRequest.of(POOL, TARGET).withLimits(limits));
    List<Integer> picked = Arrays.stream(found.indices()).boxed().toList();
    for (int row = 0; row < ROWS; row++) {
      assertEquals(false, naive.allows(picked, row));
    }
  }
}
