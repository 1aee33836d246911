package io.gio4j.select.bilevel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import io.gio4j.testing.StopAtThree;
import io.gio4j.testing.TestRows;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("simd")
class BilevelTest {
  private static final Execution ONE = Execution.of(1, SimdProvider.scalar());

  private static FloatMatrix column(float... values) {
    return FloatMatrix.of(values, values.length, 1);
  }

  /** {@return 1 where the first columns' sum is positive; wrong for the first rows} */
  private static float[] labels(FloatMatrix pool, int wrong) {
    float[] labels = new float[pool.rows()];
    for (int row = 0; row < labels.length; row++) {
      float[] values = pool.row(row);
      boolean positive = values[0] + values[1] - values[2] > 0;
      labels[row] = positive == row >= wrong ? 1 : 0;
    }
    return labels;
  }

  private static SelectionRequest request(FloatMatrix pool, float[] labels, long budget) {
    return SelectionRequest.of(pool, pool)
        .withScores(column(labels))
        .withBudget(budget)
        .withSeed(3);
  }

  private static Selection select(Bilevel method, SelectionRequest request) {
    return method.select(request, ONE);
  }

  private static double[][] features(FloatMatrix pool) {
    Features features = new Features(RowBlocks.of(pool, ONE));
    double[][] rows = new double[pool.rows()][features.count()];
    float[] row = new float[features.count()];
    for (int i = 0; i < rows.length; i++) {
      features.gather(new int[] {i}, 0, 1, row);
      for (int k = 0; k < row.length; k++) {
        rows[i][k] = row[k];
      }
    }
    return rows;
  }

  /**
   * {@return the pool's mean loss of a model fitted to some rows, by gradient descent in double}
   */
  private static double naiveLoss(
      double[][] rows, Labels labels, int[] chosen, double ridge, int steps) {
    int outputs = labels.outputs();
    double[][] model = new double[outputs][rows[0].length];
    double longest = ridge;
    for (int row : chosen) {
      longest += Arrays.stream(rows[row]).map(value -> value * value).sum() / chosen.length;
    }
    for (int step = 0; step < steps; step++) {
      double[][] gradient = new double[outputs][rows[0].length];
      for (int row : chosen) {
        double[] derivatives = predictions(rows[row], model);
        labels.derive(row, derivatives);
        for (int output = 0; output < outputs; output++) {
          for (int k = 0; k < rows[row].length; k++) {
            gradient[output][k] += derivatives[output] * rows[row][k] / chosen.length;
          }
        }
      }
      for (int output = 0; output < outputs; output++) {
        for (int k = 0; k < rows[0].length; k++) {
          model[output][k] -= (gradient[output][k] + ridge * model[output][k]) / longest;
        }
      }
    }
    double sum = 0;
    for (int row = 0; row < rows.length; row++) {
      sum += labels.loss(row, predictions(rows[row], model));
    }
    return sum / rows.length;
  }

  private static double[] predictions(double[] row, double[][] model) {
    return Arrays.stream(model)
        .mapToDouble(
            each -> IntStream.range(0, row.length).mapToDouble(k -> row[k] * each[k]).sum())
        .toArray();
  }

  /** Few rows and many, in dual and primal form, any unit and place: the optimum of the fit. */
  @ParameterizedTest
  @CsvSource({
    "RIDGE, 5, 3, 1, 0",
    "RIDGE, 4, 100, 1, 0",
    "RIDGE, 6, 40, 1e12, 0",
    "RIDGE, 6, 40, 1, 500",
    "LOGISTIC, 5, 3, 1, 0",
    "LOGISTIC, 4, 100, 1, 0",
    "LOGISTIC, 20, 15, 1e-12, 0"
  })
  void modelsAreFittedToTheirRows(
      InnerModel model, int columns, int size, double unit, double offset) {
    FloatMatrix plain = TestRows.normal(1, 400, columns);
    FloatMatrix pool = TestRows.scaled(plain, unit, offset);
    float[] numbers = new float[400];
    for (int row = 0; row < 400; row++) {
      float value = plain.row(row)[0];
      numbers[row] = model == InnerModel.RIDGE ? 7 * value : Math.round(value);
    }
    Labels labels = new Labels(model, "scores", numbers);
    RowBlocks blocks = RowBlocks.of(pool, ONE);
    InnerFit fit = new InnerFit(new Features(blocks), labels, 1, SimdProvider.scalar().rows(), ONE);
    OuterLoss outer = new OuterLoss(blocks, labels, SimdProvider.scalar().rows(), ONE);
    int[] chosen = IntStream.range(0, size).map(i -> i + 50).toArray();
    double[] losses = outer.of(new double[][][] {fit.fit(chosen), null});
    double expected = naiveLoss(features(pool), labels, chosen, 1, 500);
    assertEquals(expected, losses[0], 5e-3 * expected);
    assertTrue(Double.isNaN(losses[1]));
  }

  /** 30 % of the labels are wrong, and far fewer of the picks'. */
  @ParameterizedTest
  @EnumSource(InnerModel.class)
  void wrongLabelsAreLeftOut(InnerModel model) {
    FloatMatrix pool = TestRows.normal(2, 200, 6);
    SelectionRequest request = request(pool, labels(pool, 60), 30);
    Selection found = select(new Bilevel().withModel(model).withRidge(2), request);
    assertEquals(StopReason.BUDGET, found.stopReason());
    assertEquals(30, Arrays.stream(found.indices()).distinct().count());
    FloatMatrix other = TestRows.normal(3, 200, 6);
    Selection second =
        select(new Bilevel().withModel(model).withRidge(2), request(other, labels(other, 60), 30));
    long wrong =
        IntStream.concat(Arrays.stream(found.indices()), Arrays.stream(second.indices()))
            .filter(row -> row < 60)
            .count();
    assertTrue(wrong <= 7, wrong + " of 60 are wrong, 18 by chance");
    double loss = (double) found.facts().get("loss");
    assertTrue(loss < 0.97 * (double) found.facts().get("start_loss"));
    Labels labels = new Labels(model, "scores", labels(pool, 60));
    double naive = naiveLoss(features(pool), labels, found.indices(), 2, 500);
    assertEquals(naive, loss, 2e-3 * naive);
    for (int i = 0; i < 30; i++) {
      assertTrue(found.gains()[i] > 0 && found.gains()[i] < 1);
      assertTrue(i == 0 || found.gains()[i] <= found.gains()[i - 1]);
      assertTrue(Double.isNaN(found.trace()[i]));
    }
  }

  /** Of all sets of three of ten rows the picks are among the best. */
  @ParameterizedTest
  @EnumSource(InnerModel.class)
  void smallSetsAreAmongTheBest(InnerModel model) {
    for (int seed = 0; seed < 3; seed++) {
      FloatMatrix pool = TestRows.normal(30 + seed, 10, 3);
      float[] numbers = labels(pool, 2);
      numbers[9] = 1 - numbers[8];
      Labels labels = new Labels(model, "scores", numbers);
      Selection found =
          select(
              new Bilevel().withModel(model).withOuterIterations(100), request(pool, numbers, 3));
      double[][] rows = features(pool);
      double loss = naiveLoss(rows, labels, found.indices(), 1, 200);
      int better = 0;
      for (int a = 0; a < 10; a++) {
        for (int b = a + 1; b < 10; b++) {
          for (int c = b + 1; c < 10; c++) {
            double other = naiveLoss(rows, labels, new int[] {a, b, c}, 1, 200);
            better += other < loss - 1e-3 ? 1 : 0;
          }
        }
      }
      assertTrue(better <= 6, better + " of 120 sets are better");
    }
  }

  @Test
  void theSeedDecidesAndThreadsDoNot() {
    FloatMatrix pool = TestRows.normal(4, 700, 20);
    SelectionRequest request = request(pool, labels(pool, 100), 40);
    Bilevel method = new Bilevel().withOuterIterations(6);
    Selection expected = select(method, request);
    Selection same = method.select(request, Execution.of(3, SimdProvider.ops()));
    assertArrayEquals(expected.indices(), same.indices());
    assertArrayEquals(expected.gains(), same.gains());
    assertEquals(expected.facts(), same.facts());
    assertFalse(Arrays.equals(expected.indices(), select(method, request.withSeed(4)).indices()));
    for (Bilevel other :
        new Bilevel[] {
          method.withMasks(4),
          method.withRidge(0.01),
          method.withOuterIterations(9),
          method.withLearningRate(0.2),
          method.withModel(InnerModel.RIDGE)
        }) {
      assertFalse(
          Arrays.equals(expected.gains(), select(other, request).gains()), () -> "" + other);
    }
  }

  /** Many classes, rare ones too: names do not matter, and every mask can be learned from. */
  @Test
  void classesAreAnyNumbers() {
    FloatMatrix pool = TestRows.normal(5, 90, 4);
    float[] numbers = new float[90];
    float[] renamed = new float[90];
    SplittableRandom random = new SplittableRandom(6);
    for (int row = 0; row < 90; row++) {
      numbers[row] = row == 17 ? 3 : random.nextInt(3);
      renamed[row] = numbers[row] == 0 ? -0.0f : 10 * numbers[row] + 0.5f;
    }
    Bilevel method = new Bilevel().withOuterIterations(10);
    assertArrayEquals(
        select(method, request(pool, numbers, 12)).indices(),
        select(method, request(pool, renamed, 12)).indices());
    for (int budget = 1; budget < 4; budget++) {
      assertEquals(budget, select(method, request(pool, numbers, budget)).indices().length);
    }
  }

  /** One class but for a single row: nearly every mask is drawn again, and then repaired. */
  @Test
  void masksOfOneClassAreRepaired() {
    FloatMatrix pool = TestRows.normal(7, 300, 3);
    float[] numbers = new float[300];
    numbers[200] = 1;
    Selection found = select(new Bilevel().withOuterIterations(5), request(pool, numbers, 2));
    assertEquals(2, found.indices().length);
  }

  @Test
  void everythingEnds() {
    Bilevel method = new Bilevel().withOuterIterations(5);
    FloatMatrix pool = TestRows.normal(8, 12, 3);
    float[] numbers = labels(pool, 0);
    numbers[0] = 1;
    numbers[1] = 0;
    Selection all = select(method, request(pool, numbers, 12));
    assertEquals(StopReason.BUDGET, all.stopReason());
    assertArrayEquals(IntStream.range(0, 12).toArray(), all.indices());
    assertEquals(1, all.gains()[0]);
    assertEquals(StopReason.EXHAUSTED, select(method, request(pool, numbers, 13)).stopReason());
    assertEquals(11, select(method, request(pool, numbers, 11)).indices().length);
    FloatMatrix constant = FloatMatrix.of(new float[36], 12, 3);
    for (InnerModel model : InnerModel.values()) {
      Selection found = select(method.withModel(model), request(constant, numbers, 4));
      assertEquals(4, Arrays.stream(found.indices()).distinct().count());
      float[] wild = new float[36];
      wild[5] = 3e38f;
      wild[6] = 1e-30f;
      Selection outlier =
          select(method.withModel(model), request(FloatMatrix.of(wild, 12, 3), numbers, 4));
      assertEquals(4, Arrays.stream(outlier.indices()).distinct().count());
    }
  }

  /** A row far out spoils the models that it is in, and no other. */
  @Test
  void anOutlierIsLeftOut() {
    FloatMatrix plain = TestRows.normal(9, 100, 3);
    float[] values = new float[300];
    plain.copyRows(0, 100, values, 0);
    float[] numbers = labels(plain, 10);
    values[50 * 3] = -1e7f;
    Selection found =
        select(
            new Bilevel().withOuterIterations(60),
            request(FloatMatrix.of(values, 100, 3), numbers, 10));
    assertTrue(Double.isFinite((double) found.facts().get("loss")));
    assertEquals(10, found.indices().length);
  }

  @Test
  void whoStopsItHasNoPicks() {
    FloatMatrix pool = TestRows.normal(10, 40, 3);
    SelectionRequest request = request(pool, labels(pool, 5), 10);
    Execution stopped =
        new Execution(ONE.workers(), numbers -> SimdProvider.scalar(), new StopAtThree(false));
    assertThrows(
        CancellationException.class,
        () -> new Bilevel().withOuterIterations(2).select(request, stopped));
  }

  @Test
  void argumentsHaveBounds() {
    FloatMatrix pool = TestRows.normal(11, 1200, 3);
    SelectionRequest plain = SelectionRequest.of(pool, pool).withBudget(3);
    assertMessage("scores: are missing; bilevel takes them as the labels", plain);
    float[] different = new float[1200];
    for (int row = 0; row < 1200; row++) {
      different[row] = row;
    }
    assertMessage("matrix: have 1200 distinct numbers", plain.withScores(column(different)));
    assertMessage("matrix: all are 0.0;", plain.withScores(column(new float[1200])));
    Arrays.fill(different, 2);
    assertMessage(
        "weights: have no meaning for bilevel",
        plain.withScores(column(labels(pool, 3))).withWeights(column(different)));
    for (Runnable bad :
        new Runnable[] {
          () -> new Bilevel().withRidge(0),
          () -> new Bilevel().withMasks(1),
          () -> new Bilevel().withOuterIterations(0),
          () -> new Bilevel().withLearningRate(1.5)
        }) {
      assertThrows(IllegalArgumentException.class, bad::run);
    }
  }

  private static void assertMessage(String begins, SelectionRequest request) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> select(new Bilevel(), request))
            .getMessage();
    assertTrue(message.startsWith(begins), message);
    assertTrue(message.length() < 400);
  }
}
