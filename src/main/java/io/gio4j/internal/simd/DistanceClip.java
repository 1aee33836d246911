package io.gio4j.internal.simd;

/**
 * The range that distances are clipped to, as in the reference: 1e-5 to 1e10 units. Outside of it
 * there is no gradient.
 */
public final class DistanceClip {
  public static final double SMALLEST = 1e-5;
  public static final double LARGEST = 1e10;
  public static final float SMALLEST_SQUARED = 1e-10f;
  public static final float LARGEST_SQUARED = 1e20f;

  private DistanceClip() {}

  /** {@return the distance, clipped to the range} */
  public static double clipped(double distance) {
    return Math.clamp(distance, SMALLEST, LARGEST);
  }

  /** {@return whether a squared distance lies inside the range, so that it has a gradient} */
  public static boolean isInside(double squared) {
    return squared > SMALLEST_SQUARED && squared < LARGEST_SQUARED;
  }
}
