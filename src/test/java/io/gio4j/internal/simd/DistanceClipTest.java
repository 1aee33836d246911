package io.gio4j.internal.simd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DistanceClipTest {
  @ParameterizedTest
  @CsvSource({
    "0, false",
    "0.99e-10, false",
    "1.01e-10, true",
    "1, true",
    "0.99e20, true",
    "1.01e20, false"
  })
  void squaresThatAreClippedHaveNoGradient(double squared, boolean expected) {
    assertEquals(expected, DistanceClip.isInside(squared));
  }

  /** As in {@link DistanceOps}, which compares floats with them. */
  @Test
  void theBoundsThemselvesHaveNoGradient() {
    assertFalse(DistanceClip.isInside(DistanceClip.SMALLEST_SQUARED));
    assertFalse(DistanceClip.isInside(DistanceClip.LARGEST_SQUARED));
  }
}
