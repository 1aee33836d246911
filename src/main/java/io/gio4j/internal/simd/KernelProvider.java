package io.gio4j.internal.simd;

/**
 * Chooses the kernels once, by {@code -Dgio4j.kernel=auto|scalar|vector}.
 *
 * <p>{@code auto} takes the Vector API where the module is there and the processor has registers of
 * 256 bits; {@code vector} demands it and fails with the reason.
 */
public final class KernelProvider {
  /**
   * Numbers in a target below which {@code auto} stays scalar: the Vector API is a hundred times
   * slower until C2 has compiled it, which a problem this small never lives to see. The 2-D example
   * (100 x 2) as a fresh process took 0.9 s less this way.
   */
  private static final long SMALL = 16_384;

  private static final String PROPERTY = "gio4j.kernel";

  private KernelProvider() {}

  /** The kernels of this process. */
  public static Kernels kernels() {
    return Chosen.KERNELS;
  }

  /** The kernels for rows with so many numbers in all; the results are the same either way. */
  public static Kernels kernelsFor(long numbers) {
    return numbers < SMALL && Chosen.AUTOMATIC ? Chosen.SCALAR : Chosen.KERNELS;
  }

  public static Kernels scalar() {
    return new ScalarKernels();
  }

  /**
   * The Vector API kernels at the machine's width.
   *
   * @throws IllegalStateException if they cannot run here, with the reason and the cure
   */
  public static Kernels vector() {
    String obstacle = obstacle();
    if (obstacle != null) {
      throw new IllegalStateException("-Dgio4j.kernel=vector: " + obstacle);
    }
    return new VectorKernels();
  }

  private static String obstacle() {
    if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
      return "the module jdk.incubator.vector is not loaded; start Java with"
          + " --add-modules jdk.incubator.vector";
    }
    int bits = VectorKernels.bits();
    return bits < 256
        ? "this processor's registers have " + bits + " bits, 256 are needed; use scalar"
        : null;
  }

  private static Kernels choose(String wish) {
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
    static final Kernels SCALAR = scalar();
    static final Kernels KERNELS = choose(WISH);
  }
}
