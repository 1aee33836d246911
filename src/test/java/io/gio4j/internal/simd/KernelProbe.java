package io.gio4j.internal.simd;

/** Says in a process of its own which kernels were chosen, for all sizes and for a small one. */
final class KernelProbe {
  private KernelProbe() {}

  public static void main(String[] arguments) {
    System.out.println(
        KernelProvider.kernels().name()
            + " "
            + KernelProvider.kernelsFor(Long.MAX_VALUE).name()
            + " "
            + KernelProvider.kernelsFor(1).name());
  }
}
