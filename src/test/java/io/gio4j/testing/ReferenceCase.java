package io.gio4j.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.gio4j.data.FloatMatrix;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/**
 * One recorded answer of grad-info-opt 0.1.2; {@code resources/reference/README.md} has its origin.
 */
public record ReferenceCase(JsonNode json) {
  private static final Pattern SHAPE = Pattern.compile("'descr': '<f4'.*'shape': \\(([0-9, ]*)\\)");

  /** All cases of a kind: {@code estimator}, {@code descent} or {@code fit}. */
  public static Stream<ReferenceCase> all(String kind) {
    return StreamSupport.stream(Recorded.CASES.spliterator(), false)
        .filter(json -> json.get("kind").asText().equals(kind))
        .map(ReferenceCase::new);
  }

  /** The case of this name. */
  public static ReferenceCase named(String name) {
    return StreamSupport.stream(Recorded.CASES.spliterator(), false)
        .filter(json -> json.get("name").asText().equals(name))
        .map(ReferenceCase::new)
        .findFirst()
        .orElseThrow();
  }

  public String name() {
    return json.get("name").asText();
  }

  public boolean has(String field) {
    return json.has(field);
  }

  /** The array that a field names, as a matrix. */
  public FloatMatrix matrix(String field) {
    return array(field).matrix().named(field);
  }

  /** The array that a field names, in double. */
  public double[] vector(String field) {
    float[] values = array(field).values();
    double[] doubles = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      doubles[i] = values[i];
    }
    return doubles;
  }

  /** A number; one that is not finite stands as text. */
  public double number(String field) {
    JsonNode node = json.get(field);
    return switch (node.isTextual() ? node.asText() : "") {
      case "inf" -> Double.POSITIVE_INFINITY;
      case "-inf" -> Double.NEGATIVE_INFINITY;
      default -> node.isTextual() ? Double.parseDouble(node.asText()) : node.asDouble();
    };
  }

  private Array array(String field) {
    return Objects.requireNonNull(Recorded.ARRAYS.get(json.get(field).asText()), field);
  }

  @Override
  public String toString() {
    return name();
  }

  private record Array(int rows, int columns, float[] values) {
    FloatMatrix matrix() {
      return FloatMatrix.of(values, rows, columns);
    }
  }

  private static final class Recorded {
    static final JsonNode CASES = cases();
    static final Map<String, Array> ARRAYS = arrays();

    private static JsonNode cases() {
      try (InputStream in = ReferenceCase.class.getResourceAsStream("/reference/reference.json")) {
        return new ObjectMapper().readTree(in).get("cases");
      } catch (IOException failure) {
        throw new UncheckedIOException(failure);
      }
    }

    /** A {@code .npz} is a zip of {@code .npy} files. */
    private static Map<String, Array> arrays() {
      Map<String, Array> arrays = new HashMap<>();
      try (ZipInputStream zip =
          new ZipInputStream(ReferenceCase.class.getResourceAsStream("/reference/reference.npz"))) {
        for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
          arrays.put(entry.getName().replace(".npy", ""), npy(zip.readAllBytes()));
        }
      } catch (IOException failure) {
        throw new UncheckedIOException(failure);
      }
      return arrays;
    }

    /** Format version 1: 8 bytes, the header's length in 2, the header, the numbers. */
    private static Array npy(byte[] bytes) {
      ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
      int headerLength = Short.toUnsignedInt(buffer.getShort(8));
      String header = new String(bytes, 10, headerLength, StandardCharsets.US_ASCII);
      Matcher matcher = SHAPE.matcher(header);
      if (!matcher.find()) {
        throw new IllegalStateException("not a float32 array: " + header);
      }
      int[] shape =
          Pattern.compile(",")
              .splitAsStream(matcher.group(1).replace(" ", ""))
              .filter(text -> !text.isEmpty())
              .mapToInt(Integer::parseInt)
              .toArray();
      float[] values = new float[(bytes.length - 10 - headerLength) / 4];
      buffer
          .slice(10 + headerLength, 4 * values.length)
          .order(ByteOrder.LITTLE_ENDIAN)
          .asFloatBuffer()
          .get(values);
      return shape.length == 2
          ? new Array(shape[0], shape[1], values)
          : new Array(1, values.length, values);
    }
  }
}
