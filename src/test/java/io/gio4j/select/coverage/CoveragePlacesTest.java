package io.gio4j.select.coverage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.divergence.TargetModel;
import io.gio4j.internal.simd.SimdProvider;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs of places against one number for each place. */
class CoveragePlacesTest {
  private static final Execution EXECUTION = Execution.of(1, SimdProvider.scalar());
  private static final int TARGETS = 3;

  /** Farthest first. */
  private final List<List<Double>> expected = new ArrayList<>();

  private CoveragePlaces places;

  private void start(int k) {
    TargetModel target =
        new TargetModel(FloatMatrix.of(new float[TARGETS], TARGETS, 1), 0, EXECUTION);
    places = new CoveragePlaces(target, null, 0, k, 100);
    expected.clear();
    for (int i = 0; i < TARGETS; i++) {
      expected.add(new ArrayList<>(Collections.nCopies(k, places.logOfFree())));
    }
  }

  private void take(int i, double log, int copies) {
    List<Double> held = expected.get(i);
    for (int copy = 0; copy < copies && held.getFirst() > log; copy++) {
      held.removeFirst();
      held.add(log);
      held.sort(Collections.reverseOrder());
    }
  }

  private void check(SplittableRandom random) {
    double objective = 0;
    for (int i = 0; i < TARGETS; i++) {
      List<Double> held = expected.get(i);
      objective -= held.stream().mapToDouble(Double::doubleValue).sum();
      assertEquals(held.getFirst(), places.farthest(i));
      assertTrue(places.farthestDistances()[i] >= Math.exp(held.getFirst()));
      assertEquals(Math.exp(held.getFirst()), places.farthestDistances()[i], 1e-6 * 100);
      int run = places.first(i);
      for (int place = 0; place < held.size(); run++) {
        assertTrue(places.distances()[run] >= Math.exp(held.get(place)));
        assertEquals(Math.exp(held.get(place)), places.distances()[run], 1e-6 * 100);
        place += places.lengths()[run];
      }
      double log = logOf(random);
      int nearer = (int) held.stream().filter(one -> one <= log).count();
      assertEquals(nearer, places.nearerPlaces(i, log));
      int copies = random.nextInt(1, 5);
      double gain = held.stream().limit(copies).mapToDouble(one -> Math.max(0, one - log)).sum();
      assertEquals(gain, places.gain(i, log, copies), 1e-12);
    }
    assertEquals(objective / TARGETS, places.objective(), 1e-9);
  }

  /** One of few, so that many are equal. */
  private static double logOf(SplittableRandom random) {
    return random.nextInt(12) / 3.0;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5, 40})
  void takeRowsOneByOneAndTogether(int k) {
    for (int seed = 0; seed < 50; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      start(k);
      for (int step = 0; step < 30; step++) {
        int i = random.nextInt(TARGETS);
        if (random.nextInt(3) > 0) {
          double log = logOf(random);
          int copies = random.nextInt(1, 5);
          places.take(i, log, copies);
          take(i, log, copies);
        } else {
          double[] logs =
              random.doubles(random.nextInt(8)).map(_ -> logOf(random)).sorted().toArray();
          long[] copies = random.longs(logs.length, 1, 5).toArray();
          places.takeAll(i, logs, copies);
          for (int row = 0; row < logs.length; row++) {
            take(i, logs[row], (int) copies[row]);
          }
        }
        check(random);
      }
    }
  }

  /**
   * As long as no row has lost a place, places are added as if they had been there from the start.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void raisedPlacesAreFree(int k) {
    SplittableRandom random = new SplittableRandom(1);
    start(k);
    for (int step = 0; step < 40; step++) {
      double log = step < 20 ? 1 : logOf(random);
      for (int i = 0; i < TARGETS; i++) {
        places.take(i, log, 1);
        take(i, log, 1);
      }
      places.raise(1 + step % 2);
      for (List<Double> held : expected) {
        held.addAll(0, Collections.nCopies(1 + step % 2, places.logOfFree()));
      }
      CoveragePlaces copy = places.copy();
      places.take(0, 0, places.k());
      places = copy;
      check(random);
    }
  }
}
