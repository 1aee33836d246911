package io.gio4j.gateway;

import io.gio4j.Progress;
import io.gio4j.arrow.ArrowResult;
import io.gio4j.arrow.MappedText;
import io.gio4j.text.VectorText;
import java.util.LinkedHashMap;
import java.util.Map;

/** Vectors written as JSON arrays in a column of text. */
record ParseVectorsRequest(TextSource text, long firstLine, String onError) implements Request {
  @Override
  public Outcome run(Progress progress) {
    VectorText format = new VectorText(firstLine, skipsBad());
    try (MappedText mapped = text.open()) {
      VectorText.Vectors vectors = format.parse(mapped.text(), progress);
      Map<String, Object> numbers = new LinkedHashMap<>();
      numbers.put("rows", vectors.rows());
      numbers.put("columns", vectors.columns());
      numbers.put("skipped", vectors.skipped());
      numbers.put("firstError", vectors.firstError());
      return Outcome.of(
          numbers,
          new ArrowResult()
              .floatRows("vectors", vectors.rows(), vectors.columns(), vectors::row)
              .ints("kept", vectors.kept()));
    }
  }

  private boolean skipsBad() {
    return switch (onError) {
      case "raise" -> false;
      case "skip" -> true;
      default ->
          throw new IllegalArgumentException(
              "onError: is '%s'; must be raise or skip".formatted(onError));
    };
  }
}
