package io.gio4j.select.less;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.select.GroupProducts;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import io.gio4j.select.TargetGroups;
import io.gio4j.select.dsdm.Dsdm;
import io.gio4j.testing.StopAtThree;
import io.gio4j.testing.TestRows;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LessTest {
  private static final Execution ONE = Execution.of(1, SimdProvider.scalar());
  private static final FloatMatrix TARGET = TestRows.normal(2, 7, 37);
  private static final int[] GROUPS = {0, 2, 1, 0, 2, 2, 0};

  private static SelectionRequest request(FloatMatrix pool, FloatMatrix target, long budget) {
    return SelectionRequest.of(pool, target).withBudget(budget);
  }

  /** By the definition: products one by one. */
  private static double[] scores(double[][] pool, double[][] target, int[] groups) {
    double[] scores = new double[pool.length];
    Arrays.fill(scores, Double.NEGATIVE_INFINITY);
    for (int group = 0; group <= Arrays.stream(groups).max().getAsInt(); group++) {
      for (int row = 0; row < scores.length; row++) {
        double sum = 0;
        int count = 0;
        for (int each = 0; each < target.length; each++) {
          if (groups[each] == group) {
            count++;
            for (int column = 0; column < pool[row].length; column++) {
              sum += pool[row][column] * target[each][column];
            }
          }
        }
        scores[row] = Math.max(scores[row], sum / count);
      }
    }
    return scores;
  }

  private static int[] ranked(double[] scores) {
    return IntStream.range(0, scores.length)
        .boxed()
        .sorted(Comparator.comparingDouble(row -> -scores[row]))
        .mapToInt(row -> row)
        .toArray();
  }

  @ParameterizedTest
  @CsvSource({"1, 0", "1e-15, 0", "1e12, 0", "1, 50"})
  void theLargestOfTheGroupsMeansComesFirst(double factor, double offset) {
    FloatMatrix pool = TestRows.scaled(TestRows.normal(1, 900, 37), factor, offset * factor);
    for (int[] groups : new int[][] {GROUPS, null}) {
      double[] expected =
          scores(
              TestRows.doubles(pool),
              TestRows.doubles(TARGET),
              groups == null ? new int[7] : groups);
      SelectionRequest request = request(pool, TARGET, 200);
      Selection found =
          new Less()
              .select(
                  groups == null
                      ? request
                      : request.withGroups(new TargetGroups(groups, new double[] {2, 2, 2})),
                  ONE);
      assertArrayEquals(Arrays.copyOf(ranked(expected), 200), found.indices());
      double sum = 0;
      for (int i = 0; i < 200; i++) {
        double score = expected[found.indices()[i]];
        assertEquals(score, found.gains()[i], 1e-12 * factor * (37 + 37 * offset));
        sum += found.gains()[i];
        assertEquals(sum, found.trace()[i]);
      }
      assertEquals(StopReason.BUDGET, found.stopReason());
    }
  }

  @Test
  void equalRowsComeByNumberWhereverTheyLie() {
    FloatMatrix some = TestRows.normal(3, 11, 37);
    int[] copies = IntStream.range(0, 5_000).map(row -> row % 11).toArray();
    Selection found = new Less().select(request(TestRows.pick(some, copies), TARGET, 455), ONE);
    int best = found.indices()[0];
    assertArrayEquals(
        IntStream.range(0, 455).map(i -> best + 11 * i).limit(454).toArray(),
        Arrays.copyOf(found.indices(), 454));
  }

  @Test
  void checkpointsAddUpByWeights() {
    FloatMatrix early = TestRows.normal(4, 60, 20);
    FloatMatrix late = TestRows.normal(5, 60, 9);
    FloatMatrix earlyTarget = TestRows.normal(6, 5, 20);
    FloatMatrix lateTarget = TestRows.normal(7, 5, 9);
    double[] factors = {Math.sqrt(0.8), Math.sqrt(0.2)};
    double[] first = scores(units(early), units(earlyTarget), new int[5]);
    double[] second = scores(units(late), units(lateTarget), new int[5]);
    double[] expected = new double[60];
    Arrays.setAll(expected, row -> 0.8 * first[row] + 0.2 * second[row]);
    FloatMatrix pool =
        FloatMatrix.beside("pool", List.of(early.unitRows(), late.unitRows()), factors);
    FloatMatrix target =
        FloatMatrix.beside(
            "target", List.of(earlyTarget.unitRows(), lateTarget.unitRows()), factors);
    Selection found = new Less().select(request(pool, target, 60), ONE);
    assertArrayEquals(ranked(expected), found.indices());
    assertEquals(expected[found.indices()[0]], found.gains()[0], 1e-6);
  }

  private static double[][] units(FloatMatrix matrix) {
    double[][] rows = TestRows.doubles(matrix);
    for (double[] row : rows) {
      double length = Math.sqrt(Arrays.stream(row).map(value -> value * value).sum());
      Arrays.setAll(row, column -> row[column] / length);
    }
    return rows;
  }

  @Test
  void aGradientOfZerosScoresZero() {
    FloatMatrix pool = FloatMatrix.of(new float[][] {{-3, 1}, {0, 0}, {2, 9}, {-1, -1}});
    FloatMatrix target = FloatMatrix.of(new float[][] {{4, 0}, {0, 0}});
    for (boolean unit : new boolean[] {false, true}) {
      Selection found =
          new Less()
              .select(
                  request(unit ? pool.unitRows() : pool, unit ? target.unitRows() : target, 4),
                  ONE);
      assertEquals(2, found.indices()[0]);
      assertEquals(1, found.indices()[1]);
      assertEquals(0.0, found.gains()[1]);
    }
  }

  @Test
  void withATemperatureItDrawsAsDsdmDoes() {
    FloatMatrix pool = TestRows.normal(8, 50, 37);
    SelectionRequest request = request(pool, TARGET, 50);
    Selection plain = new Less().select(request, ONE);
    float[] scores = new float[50];
    for (int i = 0; i < 50; i++) {
      scores[plain.indices()[i]] = (float) plain.gains()[i];
    }
    Selection drawn = new Less(0.7).select(request.withSeed(3), ONE);
    Selection expected =
        new Dsdm(0.7).select(request.withSeed(3).withScores(FloatMatrix.of(scores, 50, 1)));
    assertArrayEquals(expected.indices(), drawn.indices());
    assertEquals(false, Arrays.equals(plain.indices(), drawn.indices()));
  }

  @Test
  void threadsAndRegistersChangeNoBit() {
    FloatMatrix pool = TestRows.normal(9, 3_000, 37).unitRows();
    SelectionRequest request = request(pool, TARGET.unitRows(), 3_000);
    Selection one =
        new Less()
            .select(request.withGroups(new TargetGroups(GROUPS, new double[] {1, 1, 1})), ONE);
    for (Execution other :
        List.of(Execution.of(3, SimdProvider.scalar()), Execution.of(3, SimdProvider.vector()))) {
      Selection many =
          new Less()
              .select(request.withGroups(new TargetGroups(GROUPS, new double[] {1, 1, 1})), other);
      assertArrayEquals(one.indices(), many.indices());
      assertArrayEquals(one.gains(), many.gains());
    }
  }

  @Test
  void aWeightCountsInTheBudgetAndExistingRowsDoNotMatter() {
    FloatMatrix pool = FloatMatrix.of(new float[][] {{1}, {2}, {3}, {4}});
    SelectionRequest request = request(pool, FloatMatrix.of(new float[][] {{1}}), 4);
    FloatMatrix weights = FloatMatrix.of(new float[] {1, 1, 3, 2}, 4, 1);
    SelectionRequest weighed = request.withWeights(weights).withExisting(pool);
    assertArrayEquals(new int[] {3, 2}, new Less().select(weighed, ONE).indices());
    Selection all = new Less().select(request.withBudget(9), ONE);
    assertEquals(StopReason.EXHAUSTED, all.stopReason());
  }

  @Test
  void whoStopsItMayKeepThePicks() {
    Selection part =
        new Less()
            .select(
                request(TestRows.normal(1, 9, 37), TARGET, 9),
                new Execution(ONE.workers(), ONE.ops(), new StopAtThree(true)));
    assertEquals(3, part.indices().length);
    assertEquals(StopReason.INTERRUPTED, part.stopReason());
  }

  @Test
  void whatDoesNotFitIsRefused() {
    FloatMatrix pool = TestRows.normal(1, 9, 37);
    SelectionRequest request = request(pool, TARGET, 3);
    assertRefused(
        "temperature: is NaN; must be a finite number above 0, or null",
        () -> new Less(Double.NaN));
    assertRefused(
        "budget: is missing, and less has no stop of its own; pass how many rows to pick",
        () -> new Less().select(SelectionRequest.of(pool, TARGET)));
    assertRefused(
        "scores: this method uses none; leave them out",
        () ->
            new Less()
                .select(request.withScores(FloatMatrix.of(new float[9], 9, 1).named("scores"))));
    assertRefused(
        "target_shares: less takes each row's largest mean over the groups, whose shares then mean"
            + " nothing; leave them out",
        () ->
            new Less()
                .select(request.withGroups(new TargetGroups(GROUPS, new double[] {1, 2, 1}))));
    assertRefused(
        "groups: are 2 for the 7 rows of matrix; must be one a row",
        () -> new GroupProducts(pool, TARGET, new int[2], ONE));
    assertRefused(
        "groups: group 1 has no target row; number groups from 0 on, without gaps",
        () -> new GroupProducts(pool, TARGET, new int[] {0, 2, 0, 0, 0, 0, 0}, ONE));
    assertRefused(
        "groups: row 1 is -1; must be a group's number, from 0 to at most 6",
        () -> new GroupProducts(pool, TARGET, new int[] {0, -1, 0, 0, 0, 0, 0}, ONE));
    assertRefused(
        "groups: row 2 is 9; must be a group's number, from 0 to at most 6",
        () -> new GroupProducts(pool, TARGET, new int[] {0, 0, 9, 0, 0, 0, 0}, ONE));
    FloatMatrix bad = FloatMatrix.of(new float[][] {{1}, {Float.NaN}});
    assertRefused(
        "matrix: row 1 is not finite (column 0 is NaN); drop or repair such rows first",
        () -> new Less().select(request(bad.unitRows(), FloatMatrix.of(new float[][] {{1}}), 1)));
  }

  private static void assertRefused(String message, Runnable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call::run).getMessage());
  }
}
