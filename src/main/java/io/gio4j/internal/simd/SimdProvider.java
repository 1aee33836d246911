package io.gio4j.internal.simd;

/**
 * Chooses the implementation of {@link FloatOps} once, by {@code -Dgio4j.simd=auto|scalar|vector}.
 *
 * <p>{@code auto} uses the Vector API if its module is present and the processor has registers of
 * 256 bits; {@code vector} requires it, and fails with the reason otherwise.
 */
public final class SimdProvider {
  /**
   * Numbers in a target below which {@code auto} stays scalar: the Vector API is a hundred times
   * slower until C2 has compiled it, and a problem this small ends before that. The 2-D example
   * (100 x 2) in a fresh process took 0.9 s less this way.
   */
  private static final long SMALL = 16_384;

  private static final String PROPERTY = "gio4j.simd";

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
    String obstacle = obstacle();
    if (obstacle != null) {
      throw new IllegalStateException("-Dgio4j.simd=vector: " + obstacle);
    }
    return SimdFloatOps.create();
  }

  private static String obstacle() {
    if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
      return "the module jdk.incubator.vector is not loaded; start Java with"
          + " --add-modules jdk.incubator.vector";
    }
    int bits = SimdFloatOps.bits();
    return bits == 256 || bits == 512
        ? null
        : "this processor's registers have " + bits + " bits, 256 or 512 are needed; use scalar";
  }

  private static FloatOps choose(String wish) {
    return switch (wish) {
      case "scalar" -> scalar();
      case "vector" -> vector();
      case "auto" -> obstacle() == null ? vector() : scalar();
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
