package io.gio4j.internal.simd;

import java.lang.System.Logger.Level;

/**
 * Chooses the implementation of {@link FloatOps} once, by {@code -Dgio4j.simd=auto|scalar|vector}.
 *
 * <p>{@code auto} uses the Vector API if it is there and the processor has registers of 128 to 512
 * bits; {@code vector} requires it, and fails with the reason otherwise. A Java that was started
 * without it is worth a warning: the scalar operations take 7 to 10 times as long.
 */
public final class SimdProvider {
  /**
   * Numbers in a target below which {@code auto} stays scalar: the Vector API is a hundred times
   * slower until C2 has compiled it, and a problem this small ends before that. The 2-D example
   * (100 x 2) in a fresh process took 0.9 s less this way.
   */
  private static final long SMALL = 16_384;

  private static final String PROPERTY = "gio4j.simd";
  private static final String NOT_LOADED =
      "the module jdk.incubator.vector is not loaded; start Java with"
          + " --add-modules jdk.incubator.vector";

  private SimdProvider() {}

  /** {@return the operations of this process} */
  public static FloatOps ops() {
    return Chosen.OPS;
  }

  /** {@return the operations for {@code numbers} numbers in all} Results are the same with any. */
  public static FloatOps opsFor(long numbers) {
    return numbers < SMALL && Chosen.AUTOMATIC ? Chosen.SCALAR : Chosen.OPS;
  }

  public static FloatOps scalar() {
    return ScalarFloatOps.create();
  }

  /**
   * {@return the operations with the Vector API, at the machine's width}
   *
   * @throws IllegalStateException if they cannot run here, with the reason and the cure
   */
  public static FloatOps vector() {
    if (!isLoaded()) {
      throw new IllegalStateException("-Dgio4j.simd=vector: " + NOT_LOADED);
    }
    if (!isKnown()) {
      throw new IllegalStateException(
          "-Dgio4j.simd=vector: this processor's registers have %d bits, 128, 256 or 512 are needed;"
                  .formatted(SimdFloatOps.bits())
              + " use scalar");
    }
    return SimdFloatOps.create();
  }

  private static boolean isLoaded() {
    // The class and not the module: a Java without the module can have its classes on the boot
    // class
    // path.
    try {
      Class.forName("jdk.incubator.vector.FloatVector", false, null);
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  private static boolean isKnown() {
    int bits = SimdFloatOps.bits();
    return bits == 128 || bits == 256 || bits == 512;
  }

  private static FloatOps automatic() {
    if (!isLoaded()) {
      System.getLogger(SimdProvider.class.getName())
          .log(Level.WARNING, NOT_LOADED + ", or with -Dgio4j.simd=scalar if that is meant");
      return scalar();
    }
    return isKnown() ? SimdFloatOps.create() : scalar();
  }

  private static FloatOps choose(String wish) {
    return switch (wish) {
      case "scalar" -> scalar();
      case "vector" -> vector();
      case "auto" -> automatic();
      default ->
          throw new IllegalStateException(
              "-D" + PROPERTY + ": is " + wish + "; must be auto, scalar or vector");
    };
  }

  private static final class Chosen {
    static final String WISH = System.getProperty(PROPERTY, "auto");
    static final boolean AUTOMATIC = WISH.equals("auto");
    static final FloatOps SCALAR = scalar();
    static final FloatOps OPS = choose(WISH);
  }
}
