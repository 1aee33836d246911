package io.gio4j.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class PanelBoundsTest {
  /** Some thousand roundings of double, which the distances given and asked for may have. */
  private static final double DOUBLES = 0x1p-40;

  private final PanelBounds bounds = new PanelBounds(2, 3);

  /**
   * It may hide what is as near, and a centre farther by two roundings of float is none of them.
   */
  private void assertBound(double distance) {
    double slack = Math.abs(distance) * DOUBLES;
    assertTrue(bounds.mayHaveNearer(1, 2, distance - slack), distance + " must be looked at");
    assertFalse(bounds.mayHaveNearer(1, 2, distance - Math.abs(distance) * 0x1p-21));
  }

  @Test
  void areNeverAboveWhatTheyWereGiven() {
    Random random = new Random(5);
    for (int i = 0; i < 100_000; i++) {
      double size = Math.pow(2, random.nextInt(-60, 62));
      double distance = size * (0.1 + random.nextDouble());
      bounds.set(1, 2, distance);
      assertBound(distance);
      double nearer = distance * (1 - random.nextDouble() / 2);
      bounds.include(1, 2, distance * 2);
      assertBound(distance);
      bounds.include(1, 2, nearer);
      assertBound(nearer);
    }
    // One rounding of float alone would leave this but 2^-46 below.
    double distance = 1 + 0x1p-23 + 0x1p-46;
    bounds.set(1, 2, distance);
    assertBound(distance);
    bounds.set(1, 2, 0);
    assertTrue(bounds.mayHaveNearer(1, 2, 0), "a centre as near may come first");
  }

  @Test
  void fallByNoLessThanCentersMoved() {
    Random random = new Random(6);
    for (int i = 0; i < 100_000; i++) {
      float exact = (float) (1 + random.nextDouble());
      // What is kept is known then: a float below, so that only the fall can round.
      bounds.set(1, 2, exact * (1 + 0x1p-23));
      double kept = kept();
      double fall = random.nextDouble() * 1.5;
      bounds.fall(1, new double[] {9, 9, fall});
      assertBound(kept - fall);
    }
  }

  /** The bound of row 1 and panel 2, by halving. */
  private double kept() {
    double hidden = 0;
    double shown = 4;
    while (shown - hidden > 0x1p-50) {
      double middle = (hidden + shown) / 2;
      if (bounds.mayHaveNearer(1, 2, middle)) {
        shown = middle;
      } else {
        hidden = middle;
      }
    }
    return shown;
  }

  @Test
  void knowNothingAtFirstAndOnceForgotten() {
    double[] falls = {1, 2, 3};
    bounds.fall(0, falls);
    assertTrue(bounds.mayHaveNearer(0, 0, 0));
    bounds.set(0, 0, Double.POSITIVE_INFINITY); // no other centre
    bounds.fall(0, falls);
    assertFalse(bounds.mayHaveNearer(0, 0, 1e30));
    bounds.include(0, 0, 5);
    assertTrue(bounds.mayHaveNearer(0, 0, 5));
    bounds.forget(0);
    assertTrue(bounds.mayHaveNearer(0, 0, 0));
  }

  @Test
  void arePerPanelUnlessThatTakesTooMuch() {
    assertEquals(3, bounds.count());
    PanelBounds shared = new PanelBounds(100, 7, 1300);
    assertEquals(3, shared.count());
    assertEquals(2, shared.boundOf(6));
    assertEquals(3, shared.firstPanel(1));
    assertEquals(7, shared.endPanel(2));
    assertEquals(1, new PanelBounds(100, 7, 10).count());
  }
}
