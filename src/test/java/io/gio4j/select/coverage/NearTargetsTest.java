package io.gio4j.select.coverage;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class NearTargetsTest {
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
}
