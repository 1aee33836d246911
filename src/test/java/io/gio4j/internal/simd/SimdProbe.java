package io.gio4j.internal.simd;

/**
 * Says in a process of its own which inner loops were chosen, for all sizes and for a small one.
 */
final class SimdProbe {
  private SimdProbe() {}

  public static void main(String[] arguments) {
    System.out.println(
        SimdProvider.ops().name()
            + " "
            + SimdProvider.opsFor(Long.MAX_VALUE).name()
            + " "
            + SimdProvider.opsFor(1).name());
  }
}
