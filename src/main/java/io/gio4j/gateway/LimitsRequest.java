package io.gio4j.gateway;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import io.gio4j.arrow.MappedMatrix;
import io.gio4j.data.FloatMatrix;
import io.gio4j.select.Limits;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Limits of a selection; see {@link Limits}. The columns are matrices, and the keys of caps and
 * floors are numbers of sources.
 */
record LimitsRequest(
    @JsonSetter(nulls = Nulls.SET) MatrixSource excluded,
    @JsonSetter(nulls = Nulls.SET) MatrixSource sources,
    @JsonSetter(contentNulls = Nulls.FAIL) Map<Integer, Double> caps,
    @JsonSetter(contentNulls = Nulls.FAIL) Map<Integer, Long> floors,
    @JsonSetter(nulls = Nulls.SET) MatrixSource costs,
    Double maxCost,
    Double minDistance,
    @JsonSetter(nulls = Nulls.SET) MatrixSource avoid,
    Double avoidDistance) {
  /** Limits, and the mappings of their matrices. */
  record Opened(Limits limits, List<MappedMatrix> mapped) implements AutoCloseable {
    @Override
    public void close() {
      mapped.forEach(MappedMatrix::close);
    }
  }

  /** Maps the matrices; the caller closes them. */
  static Opened open(LimitsRequest request) {
    List<MappedMatrix> mapped = new ArrayList<>();
    try {
      return new Opened(request == null ? null : request.limits(mapped), mapped);
    } catch (RuntimeException refused) {
      mapped.forEach(MappedMatrix::close);
      throw refused;
    }
  }

  private Limits limits(List<MappedMatrix> mapped) {
    return new Limits(
        matrix(excluded, mapped),
        matrix(sources, mapped),
        caps,
        floors,
        matrix(costs, mapped),
        maxCost,
        minDistance,
        matrix(avoid, mapped),
        avoidDistance);
  }

  private static FloatMatrix matrix(MatrixSource source, List<MappedMatrix> mapped) {
    if (source == null) {
      return null;
    }
    MappedMatrix matrix = source.open();
    mapped.add(matrix);
    return matrix.matrix();
  }
}
