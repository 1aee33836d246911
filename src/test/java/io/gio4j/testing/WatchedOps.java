package io.gio4j.testing;

import io.gio4j.internal.simd.DistanceOps;
import io.gio4j.internal.simd.FloatOps;
import io.gio4j.internal.simd.FunctionOps;
import io.gio4j.internal.simd.NearOps;
import io.gio4j.internal.simd.ProductOps;
import io.gio4j.internal.simd.RowOps;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.internal.simd.TotalOps;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.function.BiConsumer;

/** Scalar inner loops that report each call. */
public final class WatchedOps {
  private WatchedOps() {}

  /**
   * Reports calls.
   *
   * @param watcher receives a call's name, such as {@code products.multiply}, and its arguments
   */
  public static FloatOps scalar(BiConsumer<String, Object[]> watcher) {
    FloatOps ops = SimdProvider.scalar();
    return new FloatOps(
        ops.name(),
        ops.lanes(),
        watched(RowOps.class, "rows", ops.rows(), watcher),
        watched(ProductOps.class, "products", ops.products(), watcher),
        watched(DistanceOps.class, "distances", ops.distances(), watcher),
        watched(FunctionOps.class, "functions", ops.functions(), watcher),
        watched(TotalOps.class, "totals", ops.totals(), watcher),
        watched(NearOps.class, "near", ops.near(), watcher));
  }

  private static <T> T watched(
      Class<T> type, String name, T family, BiConsumer<String, Object[]> watcher) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              watcher.accept(name + "." + method.getName(), arguments);
              try {
                return method.invoke(family, arguments);
              } catch (InvocationTargetException thrown) {
                throw thrown.getCause();
              }
            }));
  }
}
