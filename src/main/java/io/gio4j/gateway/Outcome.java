package io.gio4j.gateway;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.gio4j.arrow.ArrowResult;
import java.nio.channels.WritableByteChannel;
import java.util.Map;

/**
 * What a job found: numbers for the status, arrays for {@code collect}. Owns the arrays.
 *
 * <p>The numbers are a record of the request's, whose components are fields of the reply.
 */
final class Outcome implements AutoCloseable {
  private final Record numbers;
  private final ArrowResult arrays;
  private final long bytes;

  private Outcome(Record numbers, ArrowResult arrays) {
    this.numbers = numbers;
    this.arrays = arrays;
    this.bytes = arrays == null ? 0 : arrays.bytes();
  }

  static Outcome of(Record numbers) {
    return new Outcome(numbers, null);
  }

  static Outcome of(ArrowResult arrays) {
    return new Outcome(null, arrays);
  }

  static Outcome of(Record numbers, ArrowResult arrays) {
    return new Outcome(numbers, arrays);
  }

  /**
   * The result in a status: one JSON object, with the fields of {@code numbers} among the others.
   *
   * @param bytes of the arrays as {@link #write} writes them
   * @param timings seconds by stage
   */
  record Summary(@JsonUnwrapped Record numbers, long bytes, Map<String, Double> timings) {}

  Summary summary(Map<String, Double> timings) {
    return new Summary(numbers, bytes, timings);
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
