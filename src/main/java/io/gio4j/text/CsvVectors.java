package io.gio4j.text;

import io.gio4j.Progress;
import io.gio4j.data.ByteText;
import io.gio4j.internal.Execution;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Vectors and texts from CSV, one column of which holds JSON arrays of numbers.
 *
 * <p>Every line is a record, whatever its quotes, so the text is cut at line ends into blocks of
 * about a quarter of a megabyte. Each is read by one thread: it is copied and cut into lines and
 * fields ({@link CsvFields}), and its vectors are parsed ({@link JsonVector}) by FastDoubleParser,
 * the port of fast_float to Java (Lemire 2021, arXiv 2101.11408), at about 25 ns a short number and
 * 40 ns one of 17 digits. Memory: the text once, and the vectors.
 *
 * <p>A row is bad if its vector is null, no array of finite numbers, or not as long as the first
 * good one. Bad rows are left out; the first one is reported. The result does not depend on the
 * number of threads.
 *
 * <pre>{@code
 * CsvLayout layout = new CsvLayout("\t", 2, null, null);
 * CsvVectors.Rows rows = new CsvVectors(layout, true).read(text, Progress.NONE);
 * }</pre>
 *
 * @param layout as far as it is known; the result has all of it
 * @param keepsTexts whether the result has the texts of all fields, or only the vectors
 */
public record CsvVectors(CsvLayout layout, boolean keepsTexts) {
  /** Text that a thread copies at once; it stays in the second-level cache while it is read. */
  private static final int BLOCK_BYTES = 256 << 10;

  /** Text copied to find the end of a line; most lines are shorter. */
  private static final int PROBE_BYTES = 16 << 10;

  /**
   * A bad row.
   *
   * @param line lines before it, blank ones included
   * @param reason why it is bad
   */
  public record Bad(long line, String reason) {}

  /** Receives the texts of a column in order; an empty one is a null. */
  @FunctionalInterface
  public interface TextUse {
    /** A text from {@code from} to before {@code to}, valid during the call. */
    void accept(byte[] bytes, int from, int to);
  }

  /**
   * The good rows.
   *
   * @param layout of the text; fields and length are null if there is no line to detect them from
   * @param parts the rows, some at a time, in order
   * @param lines lines of the text, blank ones included
   * @param skipped bad rows
   * @param firstBad the first of them, or null
   */
  public record Rows(CsvLayout layout, List<Part> parts, long lines, int skipped, Bad firstBad) {
    /** How many there are. */
    public int count() {
      return parts.stream().mapToInt(Part::rows).sum();
    }

    /** {@return their vectors, in arrays of consecutive vectors} */
    public List<float[]> vectors() {
      return parts.stream().map(Part::vectors).toList();
    }

    /** Bytes of the texts of one field, together. */
    public long textBytes(int field) {
      long[] bytes = {0};
      texts(field, (text, from, to) -> bytes[0] += to - from);
      return bytes[0];
    }

    /** Passes on the texts of one field. */
    public void texts(int field, TextUse use) {
      int step = 2 * layout.fields();
      for (Part part : parts) {
        for (int at = 2 * field; at < part.bounds.length; at += step) {
          use.accept(part.text, part.bounds[at], part.bounds[at + 1]);
        }
      }
    }
  }

  /**
   * The rows of one block.
   *
   * @param rows good ones
   * @param vectors theirs, one after another
   * @param text the block's bytes, which the fields are ranges of
   * @param bounds start and end of each field, row after row; empty if texts are not kept
   */
  record Part(
      int rows, float[] vectors, byte[] text, int[] bounds, int lines, int skipped, Bad firstBad) {}

  /**
   * Reads every line.
   *
   * @throws IllegalArgumentException if the layout does not fit the first line
   */
  public Rows read(ByteText text, Progress progress) {
    return read(text, Execution.watchedBy(progress));
  }

  /** Reads every line with the given workers. */
  public Rows read(ByteText text, Execution execution) {
    int[] starts = cut(text);
    CsvLayout whole = findLayout(text, starts, execution.progress());
    Part[] parts = new Part[starts.length - 1];
    execution.progress().stage("parse", text.size());
    execution
        .workers()
        .run(
            parts.length,
            block -> {
              byte[] bytes = Bytes.repaired(text.copy(starts[block], starts[block + 1]));
              parts[block] = readBlock(bytes, whole, execution.progress());
              execution.progress().advance(starts[block + 1]);
            });
    return together(whole, parts);
  }

  /** Where blocks begin, each with a line; and where the last one ends. */
  private static int[] cut(ByteText text) {
    IntArrayList starts = new IntArrayList(new int[] {0});
    long next = BLOCK_BYTES;
    while (next < text.size()) {
      int start = startOfLine(text, (int) next);
      starts.add(start);
      next = (long) start + BLOCK_BYTES;
    }
    if (starts.getInt(starts.size() - 1) < text.size()) {
      starts.add(text.size());
    }
    return starts.toIntArray();
  }

  /** The first place from {@code from} on where a line begins, or the text's end. */
  private static int startOfLine(ByteText text, int from) {
    for (long at = from - 1L; at < text.size(); at += PROBE_BYTES) {
      // One more: a line feed may follow a carriage return.
      byte[] probe = text.copy((int) at, (int) Math.min(text.size(), at + PROBE_BYTES + 1));
      int end = Lines.end(probe, 0, Math.min(PROBE_BYTES, probe.length));
      if (end < Math.min(PROBE_BYTES, probe.length)) {
        return (int) at + Lines.behind(probe, end);
      }
    }
    return text.size();
  }

  /** Completes the layout: fields from the first line, length from the first good row. */
  private CsvLayout findLayout(ByteText text, int[] starts, Progress progress) {
    CsvLayout known = layout;
    for (int block = 0; block < starts.length - 1; block++) {
      if (known.fields() != null && known.length() != null) {
        break;
      }
      byte[] bytes = Bytes.repaired(text.copy(starts[block], starts[block + 1]));
      Lines lines = new Lines(bytes);
      RowReader reader = null;
      while (known.length() == null && lines.next()) {
        progress.check();
        if (known.fields() == null || known.column() == null || known.delimiter() == null) {
          known = known.withFirstLine(text.name(), bytes, lines.start(), lines.end());
        }
        reader = reader == null ? new RowReader(known) : reader;
        if (reader.read(bytes, lines) == null) {
          known = known.withLength(reader.vector.size());
        }
      }
    }
    return known;
  }

  /** Cuts a line and parses its vector. */
  private static final class RowReader {
    final CsvFields fields;
    final JsonVector vector = new JsonVector();
    private final CsvLayout layout;

    RowReader(CsvLayout layout) {
      this.layout = layout;
      this.fields = new CsvFields(layout.delimiter().charAt(0));
    }

    /** Null, or why the row is bad. */
    String read(byte[] text, Lines line) {
      fields.cut(text, line.start(), line.end());
      int column = layout.column();
      if (fields.isNull(column)) {
        return "is missing (null)";
      }
      try {
        vector.read(text, fields.start(column), fields.end(column));
      } catch (JsonVector.BadRowException badRow) {
        return badRow.getMessage();
      }
      if (layout.length() != null && vector.size() != layout.length()) {
        return "has %d numbers, the rows before it have %d"
            .formatted(vector.size(), layout.length());
      }
      return null;
    }
  }

  private Part readBlock(byte[] text, CsvLayout whole, Progress progress) {
    Lines lines = new Lines(text);
    float[] vectors = {};
    IntArrayList bounds = new IntArrayList();
    int rows = 0;
    int skipped = 0;
    Bad firstBad = null;
    RowReader reader = null;
    while (lines.next()) {
      progress.check();
      reader = reader == null ? new RowReader(whole) : reader;
      String reason = reader.read(text, lines);
      if (reason != null) {
        skipped++;
        firstBad = firstBad == null ? new Bad(lines.number(), reason) : firstBad;
        continue;
      }
      int length = whole.length();
      if (vectors.length < (rows + 1) * length) {
        // The rows that fit if all are as long as this one, and one for rounding.
        int more = (text.length - lines.start()) / (lines.end() - lines.start()) + 1;
        vectors = Arrays.copyOf(vectors, (rows + more) * length);
      }
      System.arraycopy(reader.vector.numbers(), 0, vectors, rows * length, length);
      rows++;
      for (int field = 0; keepsTexts && field < whole.fields(); field++) {
        bounds.add(reader.fields.start(field));
        bounds.add(reader.fields.end(field));
      }
    }
    return new Part(
        rows,
        rows == 0 ? vectors : Arrays.copyOf(vectors, rows * whole.length()),
        keepsTexts ? text : null,
        bounds.toIntArray(),
        lines.number(),
        skipped,
        firstBad);
  }

  private static Rows together(CsvLayout whole, Part[] parts) {
    long lines = 0;
    int skipped = 0;
    Bad firstBad = null;
    for (Part part : parts) {
      if (firstBad == null && part.firstBad != null) {
        firstBad = new Bad(lines + part.firstBad.line, part.firstBad.reason);
      }
      lines += part.lines;
      skipped += part.skipped;
    }
    return new Rows(whole, List.of(parts), lines, skipped, firstBad);
  }
}
