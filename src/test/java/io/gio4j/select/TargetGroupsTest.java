package io.gio4j.select;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.data.FloatMatrix;
import io.gio4j.kernel.EnergyKernel;
import io.gio4j.select.balanced.Balanced;
import io.gio4j.select.cover.Facility;
import io.gio4j.select.cover.Flqmi;
import io.gio4j.select.cover.Graphcut;
import io.gio4j.select.cover.Similarity;
import io.gio4j.select.coverage.Coverage;
import io.gio4j.select.dsdm.Dsdm;
import io.gio4j.select.exact.Exact;
import io.gio4j.select.gradient.Gradient;
import io.gio4j.select.kcenter.Kcenter;
import io.gio4j.select.pursuit.Gtp;
import io.gio4j.select.pursuit.Omp;
import io.gio4j.select.random.Random;
import io.gio4j.select.tsds.Tsds;
import io.gio4j.testing.TestRows;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("simd")
class TargetGroupsTest {
  private static final int ROWS = 48;

  @Test
  void weightsOfRowsAreSharesByRows() {
    TargetGroups groups = new TargetGroups(new int[] {0, 1, 1, 1}, new double[] {2, 6});
    assertArrayEquals(new double[] {0.25, 0.75}, groups.shares());
    assertArrayEquals(new double[] {1, 1, 1, 1}, groups.rowWeights());
    assertArrayEquals(
        new double[] {2, 2.0 / 3, 2.0 / 3, 2.0 / 3},
        new TargetGroups(new int[] {0, 1, 1, 1}, new double[] {1, 1}).rowWeights(),
        1e-15);
  }

  @Test
  void itIsAValue() {
    int[] rows = {0, 1};
    double[] shares = {1, 1};
    TargetGroups groups = new TargetGroups(rows, shares);
    TargetGroups same = new TargetGroups(rows, new double[] {0.5, 0.5});
    rows[0] = 1;
    shares[0] = 9;
    groups.groupOfRow()[0] = 1;
    groups.shares()[0] = 9;
    assertEquals(same, groups);
    assertEquals(same.hashCode(), groups.hashCode());
    assertNotEquals(same, new TargetGroups(new int[] {0, 1}, new double[] {1, 3}));
    assertNotEquals(same, new TargetGroups(new int[] {1, 0}, new double[] {1, 1}));
    assertEquals(2, groups.rows());
  }

  @Test
  void whatDoesNotFitIsRefused() {
    assertRefused("groups: row 1 is in group 2", new int[] {0, 2}, 1, 1);
    assertRefused("groups: row 0 is in group -1", new int[] {-1, 0}, 1);
    assertRefused("groups: no row is in group 1", new int[] {0, 0}, 1, 1);
    assertRefused("target_shares: that of group 1 is 0.0", new int[] {0, 1}, 1, 0);
    assertRefused("target_shares: that of group 0 is NaN", new int[] {0, 1}, Double.NaN, 1);
    assertRefused("target_shares: their sum is Inf", new int[] {0, 1}, 1e308, 1e308);
    assertRefused("target_shares: their sum is 1.0E300", new int[] {0, 1}, 1e-300, 1e300);
    SelectionRequest request = request();
    TargetGroups two = new TargetGroups(new int[2], new double[] {1});
    assertEquals(
        "groups: are of 2 rows; target has 48, and each needs a group",
        assertThrows(IllegalArgumentException.class, () -> request.withGroups(two)).getMessage());
  }

  private static void assertRefused(String begin, int[] groups, double... shares) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> new TargetGroups(groups, shares))
            .getMessage();
    assertTrue(message.startsWith(begin), message);
  }

  private static SelectionRequest request() {
    FloatMatrix target = TestRows.normal(2, ROWS, 5).named("target");
    return SelectionRequest.of(TestRows.normal(1, 400, 5, 0.4), target).withBudget(25);
  }

  static Stream<SelectionMethod> weighted() {
    Stream<SelectionMethod> kernels =
        Arrays.stream(EnergyKernel.Kind.values())
            .map(kind -> new Balanced().withKernel(kind).withScale(1.5));
    Stream<SelectionMethod> similarities =
        Arrays.stream(Similarity.values())
            .flatMap(each ->
                Stream.of(
                    new Facility(each),
                    new Flqmi(each, 0.3),
                    new Graphcut(each, 0),
                    new Graphcut(each, 0.2)));
    return Stream.of(
            kernels,
            similarities,
            Stream.of(
                new Coverage().withK(1),
                new Coverage().withK(3),
                new Tsds().withC(4).withSigma(1),
                new Omp(),
                new Gtp(),
                new Gtp().withRefill(Gtp.Refill.EQUAL)))
        .flatMap(each -> each);
  }

  /** Shares of 3 to 1 of as many rows each, in blocks and in turns: as three copies of some. */
  @ParameterizedTest
  @MethodSource("weighted")
  void aShareIsAsMuchAsCopies(SelectionMethod method) {
    for (boolean inTurns : new boolean[] {true, false}) {
      int[] groups =
          IntStream.range(0, ROWS).map(row -> inTurns ? row % 2 : row * 2 / ROWS).toArray();
      int[] copies =
          IntStream.range(0, 3 * ROWS)
              .filter(place -> place < ROWS || groups[place % ROWS] == 0)
              .map(place -> place % ROWS)
              .toArray();
      SelectionRequest request = request();
      SelectionRequest shared = request.withGroups(new TargetGroups(groups, new double[] {3, 1}));
      Selection found = method.select(shared);
      Selection copied =
          againstTwice(method)
              .select(
                  SelectionRequest.of(request.pool(), TestRows.pick(request.target(), copies))
                      .withBudget(25));
      assertArrayEquals(copied.indices(), found.indices());
      assertEquals(copied.stopReason(), found.stopReason());
      assertOther(method.select(request).indices(), found.indices());
      Selection even =
          method.select(request.withGroups(new TargetGroups(groups, new double[] {1, 1})));
      assertArrayEquals(method.select(request).indices(), even.indices());
      assertArrayEquals(method.select(request).trace(), even.trace(), 1e-9);
    }
  }

  /** Sums over twice as many target rows: what is weighed against them has to be doubled. */
  private static SelectionMethod againstTwice(SelectionMethod method) {
    return switch (method) {
      case Flqmi each -> each.withEta(2 * each.eta());
      case Graphcut each -> each.withRedundancy(2 * each.redundancy());
      default -> method;
    };
  }

  private static void assertOther(int[] one, int[] other) {
    assertTrue(!Arrays.equals(one, other), "shares change nothing");
  }

  /** A target that is large enough for every shortcut, in many groups of unequal sizes. */
  @ParameterizedTest
  @MethodSource("large")
  void aShareIsAsMuchAsCopiesOfManyRows(SelectionMethod method) {
    FloatMatrix target = TestRows.normal(4, 700, 6);
    int[] groups = IntStream.range(0, 700).map(row -> row < 100 ? 0 : 1 + row % 3).toArray();
    double[] shares = new double[4];
    IntStream.range(0, 700).forEach(row -> shares[groups[row]] += 1 + groups[row]);
    int[] copies =
        IntStream.range(0, 700)
            .flatMap(row -> IntStream.generate(() -> row).limit(1 + groups[row]))
            .toArray();
    SelectionRequest request =
        SelectionRequest.of(TestRows.normal(5, 900, 6, 0.4), target).withBudget(40);
    Selection found = method.select(request.withGroups(new TargetGroups(groups, shares)));
    Selection copied =
        method.select(
            SelectionRequest.of(request.pool(), TestRows.pick(target, copies)).withBudget(40));
    assertArrayEquals(copied.indices(), found.indices());
  }

  static Stream<SelectionMethod> large() {
    return Stream.of(
        new Balanced().withScale(1.5),
        new Coverage().withK(1),
        new Coverage().withK(2),
        new Facility(Similarity.EUCLIDEAN),
        new Graphcut(Similarity.COSINE, 0),
        new Omp());
  }

  /** With existing rows, from which distances have their largest. */
  @ParameterizedTest
  @MethodSource("weighted")
  void existingRowsCountByShares(SelectionMethod method) {
    if (method instanceof Omp || method instanceof Gtp || method instanceof Tsds) {
      return; // They ignore them.
    }
    int[] groups = IntStream.range(0, ROWS).map(row -> row % 2).toArray();
    int[] copies =
        IntStream.range(0, 3 * ROWS)
            .filter(place -> place < ROWS || groups[place % ROWS] == 0)
            .map(place -> place % ROWS)
            .toArray();
    SelectionRequest request = request().withExisting(TestRows.normal(3, 7, 5));
    Selection found =
        method.select(request.withGroups(new TargetGroups(groups, new double[] {3, 1})));
    Selection copied =
        againstTwice(method)
            .select(
                SelectionRequest.of(request.pool(), TestRows.pick(request.target(), copies))
                    .withExisting(request.existing())
                    .withBudget(25));
    assertArrayEquals(copied.indices(), found.indices());
  }

  /** A row that the scale tells from no target row is as blind with groups as without. */
  @Test
  void aScaleTooLargeIsNoticed() {
    SelectionRequest request = request();
    int[] groups = IntStream.range(0, ROWS).map(row -> row % 3).toArray();
    TargetGroups shares = new TargetGroups(groups, new double[] {0.37, 0.11, 0.2});
    Balanced blind = new Balanced().withScale(1e12);
    assertEquals(StopReason.NO_INFLUENCE, blind.select(request).stopReason());
    assertEquals(StopReason.NO_INFLUENCE, blind.select(request.withGroups(shares)).stopReason());
  }

  @ParameterizedTest
  @MethodSource("others")
  void othersRefuseGroups(SelectionMethod method) {
    SelectionRequest request =
        request().withGroups(new TargetGroups(new int[ROWS], new double[] {1}));
    FloatMatrix scores = method instanceof Dsdm ? TestRows.normal(9, 400, 1) : null;
    assertEquals(
        "groups: this method uses none of the target; leave them out",
        assertThrows(
                IllegalArgumentException.class, () -> method.select(request.withScores(scores)))
            .getMessage());
  }

  static Stream<SelectionMethod> others() {
    return Stream.of(new Exact(), new Gradient(), new Kcenter(), new Dsdm(), new Random());
  }
}
