package io.gio4j.select.coverage;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.divergence.TargetModel;
import io.gio4j.internal.neighbors.NearPairs;
import io.gio4j.internal.simd.SimdProvider;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class NearTargetsTest {
  private static final Execution EXECUTION = Execution.of(1, SimdProvider.scalar());

  /** Three roundings up at once are rare: some of a million draws have them. */
  @Test
  void aDistanceInFloatIsNeverAboveTheExactOne() {
    SplittableRandom random = new SplittableRandom(1);
    double nearest = Double.POSITIVE_INFINITY;
    for (int i = 0; i < 1_000_000; i++) {
      float squared = (float) Math.exp(random.nextDouble(-40, 40));
      double epsilon = Math.sqrt(squared) * Math.exp(random.nextDouble(-4, 4));
      double exact = Math.clamp(Math.sqrt(squared), 1e-5, 1e10) + epsilon;
      double bound = NearTargets.atMost(squared, (float) epsilon);
      assertTrue(bound <= exact, () -> squared + " and " + epsilon);
      nearest = Math.min(nearest, (exact - bound) / exact);
    }
    double widest = nearest;
    assertTrue(widest < 0x1p-23, () -> "no draw comes near the bound: " + widest);
  }

  /** A list that names all of some target rows. */
  private static NearTargets all(FloatMatrix targets) {
    RowBlocks rows = RowBlocks.of(targets, EXECUTION);
    NearPairs pairs = new NearPairs(rows, 0, targets.rows(), new double[1], 1, EXECUTION);
    NearPairs.Hits hits = pairs.hits(1, targets.rows());
    float[] limits = new float[pairs.lanes()];
    Arrays.fill(limits, Float.POSITIVE_INFINITY);
    pairs.scan(new float[1], 1, panel -> limits, hits);
    return NearTargets.of(hits, 1, 0)[0];
  }

  /**
   * Checks the bound of a row that is {@code distance} away from all targets, whose places are held
   * at {@code held}.
   *
   * @return by how much the bound is above the gain
   */
  private static double gap(int targets, int copies, double held, float distance) {
    FloatMatrix rows = FloatMatrix.of(new float[targets], targets, 1);
    CoveragePlaces places =
        new CoveragePlaces(new TargetModel(rows, 0, EXECUTION), null, 0, copies, held);
    NearTargets list = all(rows);
    list.clear();
    double gain = 0;
    for (int i = 0; i < targets; i++) {
      list.put(i, distance);
      gain += places.gain(i, Math.log(distance), copies);
    }
    double gap = list.bound(places, copies, SimdProvider.scalar()) - gain;
    assertTrue(gap >= 0, () -> held + " to " + distance + ", " + targets + ": " + gap);
    return gap;
  }

  /** The largest number that is rounded up to a float: what is lost to roundings is least there. */
  private static double justBelow(float rounded) {
    double held = rounded / (1 + 0x1p-47);
    while (held * (1 + 0x1p-47) > rounded) {
      held = Math.nextDown(held);
    }
    return held;
  }

  /** Distances that are floats: nothing but logarithms and sums is rounded. */
  @Tag("bounds")
  @Test
  void aBoundIsNeverBelowTheGain() {
    SplittableRandom random = new SplittableRandom(2);
    double widest = 0;
    for (int i = 0; i < 4000; i++) {
      int targets = random.nextInt(1, 6);
      int copies = random.nextInt(8) == 0 ? random.nextInt(1, 50) : random.nextInt(1, 4);
      float held = (float) Math.exp(random.nextDouble(-11, 24));
      float ratio = (float) Math.exp(-Math.pow(random.nextDouble(), 4) * 20);
      double gap = gap(targets, copies, justBelow(held), Math.max(1e-5f, held * ratio));
      widest = Math.max(widest, copies == 1 ? 0 : gap / copies);
    }
    assertTrue(widest < 4e-12, "no more than logarithms lose: " + widest);
    // Near 1 logarithms are exact, and the sum's slack is all that is left.
    for (float below = 1; below > 0.99999f; below = Math.nextDown(below)) {
      gap(1, 2, justBelow(1), below);
      gap(5, 3, justBelow(1), below);
      gap(2, 40, justBelow(1), below);
    }
  }

  /**
   * The quotient of these two floats, but for a power of two, is 2^-48 below the middle of two
   * floats, so that its rounding loses all that is allowed for it; what is left is the slack for
   * the logarithm, which is the larger the larger the quotient is.
   */
  @Test
  void aQuotientThatIsRoundedAsFarAsPossibleIsStillBounded() {
    float distance = 11_184_811 * 0x1p-40f;
    for (int exponent = 0; exponent <= 10; exponent++) {
      float held = Math.scalb(11_184_813f, exponent);
      for (int targets = 1; targets < 6; targets++) {
        gap(targets, 1, justBelow(held), distance);
      }
    }
  }

  /** Nearer than the row that holds the place, by less than a float shows. */
  @Test
  void aRowThatIsNearerByNextToNothingCounts() {
    for (int copies = 1; copies < 4; copies++) {
      double gap = gap(1, copies, 1 + 3e-15, 1);
      assertTrue(gap > 0, "the place is rounded up: " + gap);
      gap(1, copies, Math.nextUp(1.0), 1);
    }
  }

  /** Lists for places serve others only if they leave out no row that gains there. */
  @Test
  void placesThatAreNearerForOneTargetAreNearerSomewhere() {
    TargetModel model = new TargetModel(FloatMatrix.of(new float[2], 2, 1), 0, EXECUTION);
    CoveragePlaces places = new CoveragePlaces(model, null, 0, 1, 100);
    CoveragePlaces nearer = places.copy();
    nearer.take(1, 0, 1);
    assertFalse(nearer.isNowhereNearerThan(places));
    assertTrue(places.isNowhereNearerThan(nearer));
    assertTrue(places.isNowhereNearerThan(places.copy()));
  }
}
