package io.gio4j.internal.divergence;

import static io.gio4j.testing.Close.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.simd.FloatOps;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.testing.TestRows;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LaneDescentsTest {
  /** Of the float products, over rows less their mean; measured 2e-7 at worst in these tests. */
  private static final double TOLERANCE = 1e-6;

  private static final double EPSILON = 1e-8;

  private static TargetModel model(FloatMatrix target, int threads, FloatOps ops) {
    return new TargetModel(target, EPSILON, Execution.of(threads, ops));
  }

  private static TargetModel model(FloatMatrix target) {
    return model(target, 2, SimdProvider.ops());
  }

  /** Starts at normal points, with steps, rates and selections of many sizes. */
  private static List<LaneDescents.Task> tasks(int count, int columns, double mean) {
    double[][] starts = TestRows.doubles(TestRows.normal(77, count, columns, mean));
    List<LaneDescents.Task> tasks = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      tasks.add(new LaneDescents.Task(starts[i], 1 + i * 7 % 12, 0.5 + i % 3, 5 + i));
    }
    return tasks;
  }

  private static void assertAsOneByOne(TargetModel model, List<LaneDescents.Task> tasks) {
    double[][] ends = new LaneDescents(model).run(tasks);
    DivergenceGradient gradient = new DivergenceGradient(model);
    for (int i = 0; i < ends.length; i++) {
      LaneDescents.Task task = tasks.get(i);
      double[] expected = task.start().clone();
      gradient.descend(expected, task.steps(), task.rate(), task.selected(), null);
      assertClose(expected, ends[i], TOLERANCE, "descent " + i);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "50, 3, 1, 0",
    "300, 16, 70, 0",
    "300, 16, 70, 30",
    "1100, 65, 140, 1",
    "200, 384, 33, 0",
    "90, 768, 40, 2"
  })
  void everyDescentEndsWhereItWouldAlone(int rows, int columns, int descents, double mean) {
    assertAsOneByOne(
        model(TestRows.normal(1, rows, columns, mean)), tasks(descents, columns, mean));
  }

  /** From outside: between the rows of one column each rounding grows without bound. */
  @Test
  void oneColumnIsDescendedFromOutside() {
    assertAsOneByOne(model(TestRows.normal(1, 50, 1)), tasks(20, 1, 9));
  }

  /** A start on a row: its squared distance from products is noise, so it must be mended. */
  @Test
  void startsOnAndBesideRowsOfTheTargetLoseNoDigits() {
    FloatMatrix target = TestRows.normal(2, 400, 24, 3);
    double[][] rows = TestRows.doubles(target);
    List<LaneDescents.Task> tasks = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      double[] start = rows[i].clone();
      start[i % 24] += i % 4 == 0 ? 0 : Math.pow(10, -i % 4 - 2);
      tasks.add(new LaneDescents.Task(start, 3, 0.01, 10));
    }
    assertAsOneByOne(model(target), tasks);
  }

  @Test
  void duplicatesInTheTargetLoseNoDigits() {
    FloatMatrix distinct = TestRows.normal(3, 20, 8, 1);
    FloatMatrix target =
        TestRows.pick(distinct, IntStream.range(0, 200).map(row -> row % 20).toArray());
    List<LaneDescents.Task> tasks = new ArrayList<>();
    for (double[] row : TestRows.doubles(distinct)) {
      tasks.add(new LaneDescents.Task(row, 6, 0.3, 50));
    }
    assertAsOneByOne(model(target), tasks);
  }

  /** A float sum over all these rows would err by 1e-5, so it is kept short. */
  @Test
  void manyRowsLoseNoDigits() {
    double[] start = new double[16];
    java.util.Arrays.fill(start, 3);
    // One step about as long as the start is far from the rows, so that its error counts.
    assertAsOneByOne(
        model(TestRows.normal(10, 60_000, 16)), List.of(new LaneDescents.Task(start, 1, 50, 5)));
  }

  @Test
  void aTargetOfEqualRowsHasNoGradientAtThem() {
    FloatMatrix target = TestRows.pick(TestRows.normal(4, 1, 5), new int[30]);
    double[] row = TestRows.doubles(target)[0];
    double[][] ends =
        new LaneDescents(model(target)).run(List.of(new LaneDescents.Task(row, 4, 1, 3)));
    assertArrayEquals(row, ends[0], 1e-15);
  }

  @Test
  void noStepsLeaveTheStartAsItIs() {
    double[] start = {1, 2, 3};
    double[][] ends =
        new LaneDescents(model(TestRows.normal(5, 30, 3)))
            .run(List.of(new LaneDescents.Task(start, 0, 1, 3)));
    assertArrayEquals(start, ends[0]);
  }

  @Test
  void noTasksHaveNoEnds() {
    assertEquals(0, new LaneDescents(model(TestRows.normal(5, 30, 3))).run(List.of()).length);
  }

  @Test
  void startsAreOnlyRead() {
    List<LaneDescents.Task> tasks = tasks(40, 3, 0);
    List<double[]> before = tasks.stream().map(task -> task.start().clone()).toList();
    new LaneDescents(model(TestRows.normal(5, 30, 3))).run(tasks);
    for (int i = 0; i < before.size(); i++) {
      assertArrayEquals(before.get(i), tasks.get(i).start());
    }
  }

  @Test
  void threadsAndRunsHaveNoPartInTheBits() {
    FloatMatrix target = TestRows.normal(6, 1_200, 48);
    List<LaneDescents.Task> tasks = tasks(150, 48, 0);
    LaneDescents one = new LaneDescents(model(target, 1, SimdProvider.ops()));
    double[][] ends = one.run(tasks);
    LaneDescents three = new LaneDescents(model(target, 3, SimdProvider.ops()));
    for (int run = 0; run < 4; run++) {
      assertSameBits(ends, one.run(tasks));
      assertSameBits(ends, three.run(tasks));
    }
  }

  /** A lane's neighbours, and which lane it is, have no part in its numbers either. */
  @Test
  void companyHasNoPartInTheBits() {
    LaneDescents lanes = new LaneDescents(model(TestRows.normal(7, 300, 20)));
    List<LaneDescents.Task> tasks = tasks(70, 20, 0);
    double[][] together = lanes.run(tasks);
    for (int i = 0; i < tasks.size(); i += 9) {
      assertArrayEquals(together[i], lanes.run(tasks.subList(i, i + 1))[0]);
    }
  }

  @Tag("simd")
  @Test
  void kernelsHaveNoPartInTheBits() {
    FloatMatrix target = TestRows.normal(8, 700, 33);
    List<LaneDescents.Task> tasks = tasks(100, 33, 0);
    assertSameBits(
        new LaneDescents(model(target, 2, SimdProvider.scalar())).run(tasks),
        new LaneDescents(model(target, 2, SimdProvider.vector())).run(tasks));
  }

  private static void assertSameBits(double[][] expected, double[][] actual) {
    assertEquals(expected.length, actual.length);
    for (int i = 0; i < expected.length; i++) {
      assertArrayEquals(expected[i], actual[i]);
    }
  }

  /** An infinite step, as an infinite scale gives, makes the point NaN and leaves others alone. */
  @Test
  void aDescentThatLeavesTheNumbersStaysInItsLane() {
    LaneDescents lanes = new LaneDescents(model(TestRows.normal(9, 60, 4)));
    List<LaneDescents.Task> tasks = new ArrayList<>(tasks(20, 4, 0));
    double[][] before = lanes.run(tasks);
    tasks.set(7, new LaneDescents.Task(new double[4], 5, Double.POSITIVE_INFINITY, 3));
    double[][] after = lanes.run(tasks);
    assertThrows(AssertionError.class, () -> assertArrayEquals(before[7], after[7]));
    after[7] = before[7];
    assertSameBits(before, after);
  }
}
