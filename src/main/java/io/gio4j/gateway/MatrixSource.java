package io.gio4j.gateway;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.gio4j.arrow.MappedMatrix;
import io.gio4j.data.NumberType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;

/** Where a request's matrix lies. {@code name} is what the client calls it. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
  @JsonSubTypes.Type(value = MatrixSource.Stream.class, name = "arrow_stream"),
  @JsonSubTypes.Type(value = MatrixSource.File.class, name = "arrow_file"),
  @JsonSubTypes.Type(value = MatrixSource.Raw.class, name = "raw"),
  @JsonSubTypes.Type(value = MatrixSource.Joined.class, name = "joined"),
  @JsonSubTypes.Type(value = MatrixSource.Beside.class, name = "beside"),
  @JsonSubTypes.Type(value = MatrixSource.Unit.class, name = "unit")
})
sealed interface MatrixSource {
  /** Maps it; the caller closes it. */
  MappedMatrix open();

  /** Rejects nulls, which would otherwise only be noticed when the file is opened. */
  static void requireNamed(String name, String path) {
    if (name == null || path == null) {
      throw new GatewayException(ErrorCode.INVALID_REQUEST, "name and path must not be null");
    }
  }

  /**
   * A column of an Arrow IPC stream that begins at a byte of a file, shared memory for instance;
   * null: its only column of vectors.
   */
  record Stream(String name, String path, long offset, String column) implements MatrixSource {
    public Stream {
      requireNamed(name, path);
    }

    @Override
    public MappedMatrix open() {
      return MappedMatrix.arrowStream(name, Path.of(path), offset, column);
    }
  }

  /** A column of an Arrow IPC file; null: its only column of vectors. */
  record File(String name, String path, String column) implements MatrixSource {
    public File {
      requireNamed(name, path);
    }

    @Override
    public MappedMatrix open() {
      return MappedMatrix.arrowFile(name, Path.of(path), column);
    }
  }

  /** Plain rows, as in a {@code .npy} file. */
  record Raw(String name, String path, NumberType type, int columns, List<MappedMatrix.Part> parts)
      implements MatrixSource {
    public Raw {
      requireNamed(name, path);
      if (parts == null || parts.stream().anyMatch(Objects::isNull)) {
        throw new GatewayException(ErrorCode.INVALID_REQUEST, "parts must not be null");
      }
    }

    @Override
    public MappedMatrix open() {
      return MappedMatrix.raw(name, Path.of(path), parts, type, columns);
    }
  }

  /** The rows of several, one after another. */
  record Joined(String name, List<MatrixSource> parts) implements MatrixSource {
    public Joined {
      requireParts(name, parts);
    }

    @Override
    public MappedMatrix open() {
      return openAll(parts, opened -> MappedMatrix.joined(name, opened));
    }
  }

  /** The columns of several that hold the same rows, each times a factor, beside each other. */
  record Beside(String name, List<MatrixSource> parts, double[] factors) implements MatrixSource {
    public Beside {
      requireParts(name, parts);
      if (factors == null) {
        throw new GatewayException(ErrorCode.INVALID_REQUEST, "factors must not be null");
      }
    }

    @Override
    public MappedMatrix open() {
      return openAll(parts, opened -> MappedMatrix.beside(name, opened, factors));
    }
  }

  private static void requireParts(String name, List<MatrixSource> parts) {
    if (name == null || parts == null || parts.stream().anyMatch(Objects::isNull)) {
      throw new GatewayException(
          ErrorCode.INVALID_REQUEST, "name, parts and each of them must not be null");
    }
  }

  /** Maps all parts and makes one matrix of them; after a failure none stays open. */
  private static MappedMatrix openAll(
      List<MatrixSource> parts, Function<List<MappedMatrix>, MappedMatrix> together) {
    List<MappedMatrix> opened = new ArrayList<>();
    try {
      for (MatrixSource part : parts) {
        opened.add(part.open());
      }
      return together.apply(opened);
    } catch (RuntimeException failure) {
      opened.forEach(MappedMatrix::close);
      throw failure;
    }
  }

  /** The rows of another divided by their Euclidean lengths, by which the metric is the cosine. */
  record Unit(MatrixSource rows) implements MatrixSource {
    public Unit {
      if (rows == null) {
        throw new GatewayException(ErrorCode.INVALID_REQUEST, "rows must not be null");
      }
    }

    @Override
    public MappedMatrix open() {
      return rows.open().unitRows();
    }
  }
}
