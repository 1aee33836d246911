package io.gio4j.gateway;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import io.gio4j.Progress;
import io.gio4j.arrow.ArrowResult;
import io.gio4j.arrow.MappedMatrix;
import io.gio4j.duplicates.Deduplication;
import io.gio4j.duplicates.Duplicates;

/**
 * Rows of a pool that are near others of it, or near rows of {@code against}; scores are a matrix
 * of one column.
 */
record DeduplicateRequest(
    MatrixSource pool,
    @JsonSetter(nulls = Nulls.SET) MatrixSource against,
    @JsonSetter(nulls = Nulls.SET) MatrixSource scores,
    Deduplication options)
    implements Request {
  private record Numbers(int kept, boolean complete) {}

  @Override
  public Outcome run(Progress progress) {
    try (MappedMatrix mapped = pool.open();
        MappedMatrix others = against == null ? null : against.open()) {
      double[] column = scores == null ? null : WeightColumn.read(scores);
      Duplicates found =
          others == null
              ? options.find(mapped.matrix(), column, progress)
              : options.against(mapped.matrix(), others.matrix(), progress);
      return outcome(found);
    }
  }

  private static Outcome outcome(Duplicates found) {
    Duplicates.Pairs pairs = found.pairs();
    ArrowResult arrays =
        new ArrowResult()
            .ints("near", found.near())
            .doubles("squared_distances", found.squaredDistances())
            .ints("order", found.order())
            .ints("copy_of", found.copyOf());
    if (pairs != null) {
      arrays
          .ints("earlier", pairs.earlier())
          .ints("later", pairs.later())
          .doubles("pair_squared_distances", pairs.squaredDistances());
    }
    return Outcome.of(new Numbers(found.kept(), pairs != null), arrays);
  }
}
