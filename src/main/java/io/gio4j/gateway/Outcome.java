package io.gio4j.gateway;

import io.gio4j.arrow.ArrowResult;
import java.nio.channels.WritableByteChannel;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a job found: numbers for the status, arrays for {@code collect}. Owns the arrays. */
final class Outcome implements AutoCloseable {
  private final Map<String, Object> summary;
  private final ArrowResult arrays;
  private final long bytes;

  private Outcome(Map<String, Object> numbers, ArrowResult arrays) {
    this.arrays = arrays;
    this.bytes = arrays == null ? 0 : arrays.bytes();
    this.summary = new LinkedHashMap<>(numbers);
    this.summary.put("bytes", bytes);
  }

  static Outcome of(Map<String, Object> numbers) {
    return new Outcome(numbers, null);
  }

  static Outcome of(Map<String, Object> numbers, ArrowResult arrays) {
    return new Outcome(numbers, arrays);
  }

  Map<String, Object> summary() {
    return summary;
  }

  long bytes() {
    return bytes;
  }

  void write(WritableByteChannel channel) {
    if (arrays != null) {
      arrays.write(channel);
    }
  }

  @Override
  public void close() {
    if (arrays != null) {
      arrays.close();
    }
  }
}
