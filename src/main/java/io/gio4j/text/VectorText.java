package io.gio4j.text;

import io.gio4j.Progress;
import io.gio4j.data.TextColumn;
import io.gio4j.internal.Execution;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Vectors from a column of JSON arrays, as CSV files carry them.
 *
 * <p>Rows are parsed in blocks of about a quarter of a megabyte of text, each by one thread, from
 * bytes copied out of the column; numbers by FastDoubleParser, the port of fast_float to Java
 * (Lemire 2021, arXiv 2101.11408), at about 25 ns a short number and 40 ns one of 17 digits.
 * Memory: the vectors, and a block of text a thread.
 *
 * <p>A row is bad if it is null, no array of finite numbers, or not as long as the first good row.
 * Which row is reported, and every number, are the same for any number of threads.
 *
 * <pre>{@code
 * VectorText.Vectors vectors = new VectorText(2, true).parse(column, Progress.NONE);
 * }</pre>
 *
 * @param firstLine what messages call the first row
 * @param skipBad leave bad rows out and count them, instead of an error at the first one
 */
public record VectorText(long firstLine, boolean skipBad) {
  /** Text that a thread copies at once; it lies in the second-level cache while it is parsed. */
  private static final long BLOCK_BYTES = 256 << 10;

  private static final int MAX_BLOCK_ROWS = 4096;

  /**
   * The vectors of the good rows.
   *
   * @param columns numbers of a vector
   * @param kept positions of the good rows in the column, ascending
   * @param values one vector after another; what lies behind the last one means nothing
   * @param skipped bad rows
   * @param firstError where and why the first bad row is bad; null if there is none
   */
  public record Vectors(int columns, int[] kept, float[] values, int skipped, String firstError) {
    public int rows() {
      return kept.length;
    }

    /** The vector of a good row, copied. */
    public float[] row(int row) {
      return Arrays.copyOfRange(values, row * columns, (row + 1) * columns);
    }
  }

  /**
   * Parses every row.
   *
   * @throws IllegalArgumentException if a row is bad and bad rows are not skipped, or all are bad
   */
  public Vectors parse(TextColumn text, Progress progress) {
    return parse(text, Execution.watchedBy(progress));
  }

  /** The same with threads of the caller's choice. */
  public Vectors parse(TextColumn text, Execution execution) {
    return new Run(text, execution).run();
  }

  /** A bad row. */
  private record Bad(int row, String reason) {}

  private final class Run {
    private final TextColumn text;
    private final Execution execution;
    private final int blockRows;
    private final int blocks;
    private final boolean[] isBad;
    private final Bad[] firstBad;
    private int columns;
    private float[] values;

    Run(TextColumn text, Execution execution) {
      this.text = text;
      this.execution = execution;
      long rowBytes = Math.max(1, text.bytes() / text.rows());
      this.blockRows = Math.clamp(BLOCK_BYTES / rowBytes, 1, MAX_BLOCK_ROWS);
      this.blocks = Math.ceilDiv(text.rows(), blockRows);
      this.isBad = new boolean[text.rows()];
      this.firstBad = new Bad[blocks];
    }

    Vectors run() {
      columns = findColumns();
      if ((long) text.rows() * columns > Integer.MAX_VALUE - Byte.SIZE) {
        throw new IllegalArgumentException(
            "%s: %d rows of %d numbers are more than fit at once; parse fewer rows"
                .formatted(text.name(), text.rows(), columns));
      }
      values = new float[text.rows() * columns];
      // Without skipping, blocks behind one with a bad row have no part in the answer.
      AtomicInteger lastNeeded = new AtomicInteger(blocks);
      execution.progress().stage("parse", text.rows());
      execution
          .workers()
          .run(
              blocks,
              block -> {
                if (block <= lastNeeded.get()) {
                  parseBlock(block);
                  if (!skipBad && firstBad[block] != null) {
                    lastNeeded.accumulateAndGet(block, Math::min);
                  }
                }
              });
      return vectors();
    }

    /** The length of the first good row. */
    private int findColumns() {
      TextColumn.Scratch scratch = new TextColumn.Scratch();
      JsonVector vector = new JsonVector();
      String firstReason = null;
      for (int row = 0; row < text.rows(); row++) {
        execution.progress().check();
        text.copyRows(row, 1, scratch);
        String reason = read(scratch, 0, vector);
        if (reason == null) {
          return vector.size();
        }
        if (!skipBad) {
          throw new IllegalArgumentException(text.name() + ": " + describe(new Bad(row, reason)));
        }
        firstReason = firstReason == null ? describe(new Bad(row, reason)) : firstReason;
      }
      throw new IllegalArgumentException(
          "%s: none of its %d rows is a vector; %s"
              .formatted(text.name(), text.rows(), firstReason));
    }

    /** Reads a row; null, or why it is bad. */
    private static String read(TextColumn.Scratch scratch, int row, JsonVector vector) {
      if (scratch.isMissing(row)) {
        return "is missing (null)";
      }
      try {
        vector.read(scratch.bytes(), scratch.start(row), scratch.start(row + 1));
        return null;
      } catch (JsonVector.BadRowException badRow) {
        return badRow.getMessage();
      }
    }

    private void parseBlock(int block) {
      TextColumn.Scratch scratch = new TextColumn.Scratch();
      JsonVector vector = new JsonVector();
      int first = block * blockRows;
      int count = Math.min(blockRows, text.rows() - first);
      text.copyRows(first, count, scratch);
      for (int row = 0; row < count; row++) {
        execution.progress().check();
        String reason = read(scratch, row, vector);
        if (reason == null && vector.size() != columns) {
          reason = "has %d numbers, the rows before it have %d".formatted(vector.size(), columns);
        }
        if (reason == null) {
          System.arraycopy(vector.numbers(), 0, values, (first + row) * columns, columns);
        } else {
          isBad[first + row] = true;
          firstBad[block] =
              firstBad[block] == null ? new Bad(first + row, reason) : firstBad[block];
        }
      }
      execution.progress().advance(first + count);
    }

    private Vectors vectors() {
      Bad first = Arrays.stream(firstBad).filter(Objects::nonNull).findFirst().orElse(null);
      if (first != null && !skipBad) {
        throw new IllegalArgumentException(text.name() + ": " + describe(first));
      }
      int[] kept = new int[text.rows()];
      int good = 0;
      for (int row = 0; row < text.rows(); row++) {
        if (!isBad[row]) {
          if (good < row) {
            System.arraycopy(values, row * columns, values, good * columns, columns);
          }
          kept[good] = row;
          good++;
        }
      }
      return new Vectors(
          columns,
          Arrays.copyOf(kept, good),
          values,
          text.rows() - good,
          first == null ? null : describe(first));
    }

    private String describe(Bad row) {
      return "line %d: %s".formatted(firstLine + row.row(), row.reason());
    }
  }
}
