package io.gio4j.gateway;

import io.gio4j.Progress;
import io.gio4j.arrow.ArrowResult;
import io.gio4j.arrow.MappedBytes;
import io.gio4j.text.CsvLayout;
import io.gio4j.text.CsvVectors;

/** Complete lines of CSV; {@code texts}: whether the result has the columns of text too. */
record ReadCsvRequest(TextSource text, CsvLayout layout, boolean texts) implements Request {
  private record Numbers(
      int rows, long lines, CsvLayout layout, int skipped, CsvVectors.Bad firstBad) {}

  @Override
  public Outcome run(Progress progress) {
    try (MappedBytes mapped = text.open()) {
      CsvVectors.Rows rows = new CsvVectors(layout, texts).read(mapped.text(), progress);
      Numbers numbers =
          new Numbers(rows.count(), rows.lines(), rows.layout(), rows.skipped(), rows.firstBad());
      return rows.count() == 0 ? Outcome.of(numbers) : Outcome.of(numbers, arrays(rows));
    }
  }

  private ArrowResult arrays(CsvVectors.Rows rows) {
    ArrowResult arrays =
        new ArrowResult().floatBlocks("vectors", rows.layout().length(), rows.vectors());
    for (int field = 0; texts && field < rows.layout().fields(); field++) {
      int each = field;
      arrays.texts(
          "_c" + field,
          rows.count(),
          rows.textBytes(field),
          column -> rows.texts(each, column::add));
    }
    return arrays;
  }
}
