package io.gio4j.select.pursuit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.Progress;
import io.gio4j.cluster.KMeans;
import io.gio4j.cluster.KMeansConfig;
import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.select.LargestRemainder;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import io.gio4j.testing.StopAtThree;
import io.gio4j.testing.TestRows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("simd")
class TagcosTest {
  private static final Execution ONE = Execution.of(1, SimdProvider.scalar());

  private static SelectionRequest request(FloatMatrix pool, long budget) {
    return SelectionRequest.of(pool, pool).withBudget(budget).withSeed(5);
  }

  private static Selection select(Tagcos method, SelectionRequest request) {
    return method.select(request, ONE);
  }

  private static int[] clustersOf(SelectionRequest request, int clusters) {
    return new KMeans(KMeansConfig.of(clusters, request.seed()))
        .fit(request.pool(), Progress.NONE)
        .assignments();
  }

  /** In each cluster the fits of omp, one after another on what is left; then the turns. */
  @Test
  void eachClusterIsFittedToItsMean() {
    FloatMatrix pool = TestRows.normal(1, 400, 6, 0.5);
    SelectionRequest request = request(pool, 90);
    Selection found = select(new Tagcos().withClusters(7), request);
    assertEquals(StopReason.BUDGET, found.stopReason());
    int[] clusterOfRow = clustersOf(request, 7);
    double lossLeft = 0;
    int fits = 0;
    for (int cluster = 0; cluster < 7; cluster++) {
      int number = cluster;
      int[] rows = IntStream.range(0, 400).filter(i -> clusterOfRow[i] == number).toArray();
      int[] own =
          Arrays.stream(found.indices()).filter(row -> clusterOfRow[row] == number).toArray();
      assertEquals(90 * rows.length / 400.0, own.length, 1);
      List<Integer> left = new ArrayList<>(Arrays.stream(rows).boxed().toList());
      List<Integer> expected = new ArrayList<>();
      double losses = 0;
      int fitsHere = 0;
      while (expected.size() < own.length) {
        FloatMatrix rest = TestRows.pick(pool, left.stream().mapToInt(i -> i).toArray());
        SelectionRequest part =
            SelectionRequest.of(rest, TestRows.pick(pool, rows))
                .withBudget(own.length - expected.size());
        Selection fit = new Omp().select(part, ONE);
        List<Integer> picked = Arrays.stream(fit.indices()).mapToObj(left::get).toList();
        expected.addAll(picked);
        left.removeAll(picked);
        losses += fit.trace()[fit.trace().length - 1];
        fitsHere++;
      }
      assertArrayEquals(expected.stream().mapToInt(i -> i).toArray(), own);
      lossLeft += rows.length / 400.0 * losses / fitsHere;
      fits += fitsHere;
    }
    assertTrue(fits > 7, "more fits than clusters");
    assertEquals(fits, found.facts().get("fits"));
    assertEquals(7, found.facts().get("clusters"));
    assertEquals(lossLeft, found.trace()[89], 1e-12);
    assertEquals(1 - found.gains()[0], found.trace()[0], 1e-15);
  }

  /** The picks with their weights add up to the mean of the pool, as far as the fits do. */
  @Test
  void theWeightedSumApproachesTheMeanOfThePool() {
    FloatMatrix pool = TestRows.normal(2, 600, 12, 0.5);
    Selection found = select(new Tagcos().withClusters(5), request(pool, 55));
    double[] residual = NaiveFit.mean(pool);
    double all = Goal.square(residual);
    double[][] rows = TestRows.doubles(TestRows.pick(pool, found.indices()));
    for (int i = 0; i < rows.length; i++) {
      for (int column = 0; column < 12; column++) {
        residual[column] -= found.weights()[i] * rows[i][column];
      }
    }
    assertEquals(0, Goal.square(residual) / all, 1e-3);
  }

  /** The first picks of any number have about the clusters' shares. */
  @Test
  void clustersTakeTurns() {
    FloatMatrix pool = TestRows.normal(3, 500, 10, 0.5);
    SelectionRequest request = request(pool, 100);
    int[] clusterOfRow = clustersOf(request, 4);
    int[] found = select(new Tagcos().withClusters(4), request).indices();
    int[] sizes = new int[4];
    Arrays.stream(clusterOfRow).forEach(cluster -> sizes[cluster]++);
    int[] picked = new int[4];
    for (int pick = 0; pick < 100; pick++) {
      picked[clusterOfRow[found[pick]]]++;
      for (int cluster = 0; cluster < 4; cluster++) {
        assertEquals((pick + 1) * sizes[cluster] / 500.0, picked[cluster], 1.51);
      }
    }
  }

  @Test
  void copiesArePickedOnlyWhereAFitStartsAgainOrWithARidge() {
    FloatMatrix some = TestRows.normal(4, 40, 30, 0.5);
    FloatMatrix pool =
        TestRows.pick(some, IntStream.range(0, 400).map(i -> (i * 7 + 3) % 40).toArray());
    Selection found = select(new Tagcos().withClusters(2), request(pool, 20));
    Set<Integer> distinct = new HashSet<>();
    Arrays.stream(found.indices()).forEach(row -> distinct.add((row * 7 + 3) % 40));
    assertEquals(20, distinct.size());
    Selection shared = select(new Tagcos().withClusters(2).withRidge(1), request(pool, 20));
    distinct.clear();
    Arrays.stream(shared.indices()).forEach(row -> distinct.add((row * 7 + 3) % 40));
    assertTrue(distinct.size() < 20);
  }

  @Test
  void weightsAreCopies() {
    FloatMatrix some = TestRows.normal(5, 60, 8, 0.5);
    float[] counts = new float[60];
    for (int row = 0; row < 60; row++) {
      counts[row] = 1 + row % 3;
    }
    int[] repeated =
        IntStream.range(0, 60).flatMap(i -> IntStream.generate(() -> i).limit(1 + i % 3)).toArray();
    FloatMatrix pool = TestRows.pick(some, repeated);
    SelectionRequest weighted = request(some, 30).withWeights(FloatMatrix.of(counts, 60, 1));
    Selection found = select(new Tagcos().withClusters(1), weighted);
    Selection expected = select(new Tagcos().withClusters(1), request(pool, 4));
    assertArrayEquals(
        Arrays.stream(expected.indices()).map(i -> repeated[i]).toArray(),
        Arrays.copyOf(found.indices(), 4));
    int spent = 0;
    for (int row : found.indices()) {
      spent += 1 + row % 3;
    }
    assertTrue(spent >= 30 && spent <= 32);
  }

  @Test
  void theSeedDrawsTheClustersAndThreadsDoNot() {
    SelectionRequest request = request(TestRows.normal(6, 2_000, 20, 0.3), 100);
    Selection expected = select(new Tagcos(), request);
    Selection same = new Tagcos().select(request, Execution.of(3, SimdProvider.ops()));
    assertArrayEquals(expected.indices(), same.indices());
    assertArrayEquals(expected.trace(), same.trace());
    assertArrayEquals(expected.weights(), same.weights());
    assertFalse(
        Arrays.equals(expected.indices(), select(new Tagcos(), request.withSeed(6)).indices()));
  }

  @Test
  void everythingEnds() {
    FloatMatrix zeros = FloatMatrix.of(new float[40], 10, 4);
    Selection none = select(new Tagcos(), request(zeros, 3));
    assertEquals(StopReason.SATURATED, none.stopReason());
    assertEquals(0, none.indices().length);
    FloatMatrix opposite = FloatMatrix.of(new float[][] {{1, 2}, {-1, -2}});
    assertEquals(
        StopReason.SATURATED,
        select(new Tagcos().withClusters(1), request(opposite, 1)).stopReason());
    FloatMatrix one = TestRows.normal(7, 1, 1, 3);
    assertArrayEquals(new int[] {0}, select(new Tagcos(), request(one, 1)).indices());
    Selection all = select(new Tagcos(), request(TestRows.normal(8, 30, 4, 9), 31));
    assertEquals(StopReason.EXHAUSTED, all.stopReason());
    assertEquals(30, Arrays.stream(all.indices()).distinct().count());
  }

  @Test
  void whoStopsItHasNoPicks() {
    SelectionRequest request = request(TestRows.normal(9, 100, 5, 1), 10);
    Execution stopped =
        new Execution(ONE.workers(), numbers -> SimdProvider.scalar(), new StopAtThree(false));
    assertThrows(CancellationException.class, () -> new Tagcos().select(request, stopped));
  }

  @Test
  void optionsHaveBounds() {
    assertEquals(
        "clusters: is 0; must be at least 1",
        assertThrows(IllegalArgumentException.class, () -> new Tagcos().withClusters(0))
            .getMessage());
    assertThrows(IllegalArgumentException.class, () -> new Tagcos().withRidge(-1));
    FloatMatrix pool = TestRows.normal(1, 5, 2);
    assertEquals(
        "budget: is missing, and tagcos has no stop of its own; pass how many rows to pick",
        assertThrows(
                IllegalArgumentException.class,
                () -> select(new Tagcos(), SelectionRequest.of(pool, pool)))
            .getMessage());
  }

  @Test
  void partsAddUpByTheLargestRemainder() {
    assertArrayEquals(new long[] {5, 3, 2}, LargestRemainder.of(10, 5, 3, 2));
    assertArrayEquals(new long[] {4, 3, 3}, LargestRemainder.of(10, 1, 1, 1));
    assertArrayEquals(new long[] {0, 1, 0}, LargestRemainder.of(1, 2, 3, 2));
    assertArrayEquals(new long[] {0, 7, 0}, LargestRemainder.of(7, 0, 3, 0));
  }
}
