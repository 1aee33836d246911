package io.gio4j.gateway;

import io.gio4j.Progress;
import io.gio4j.arrow.MappedMatrix;
import java.util.List;
import java.util.Locale;

/**
 * Where in its file a matrix's rows lie, and how, so that a client can read some of them by itself.
 */
record LayoutRequest(MatrixSource data) implements Request {
  private record Numbers(int columns, String type, List<MappedMatrix.Part> parts) {}

  @Override
  public Outcome run(Progress progress) {
    try (MappedMatrix mapped = data.open()) {
      return Outcome.of(
          new Numbers(
              mapped.matrix().columns(),
              mapped.type().name().toLowerCase(Locale.ROOT),
              mapped.parts()));
    }
  }
}
