package io.gio4j.arrow;

import io.gio4j.data.TextColumn;
import io.gio4j.data.UnreadableInputException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;

/**
 * A column of text read in place from a mapped Arrow IPC stream or file: utf8 or large_utf8, nulls
 * allowed. Nothing is copied; {@link #close} unmaps the file.
 */
public final class MappedText implements AutoCloseable {
  private final MappedFile file;
  private final TextColumn text;

  private MappedText(MappedFile file, TextColumn text) {
    this.file = file;
    this.text = text;
  }

  /** The text; not to be used after {@link #close}. */
  public TextColumn text() {
    return text;
  }

  /** Unmaps the file. */
  @Override
  public void close() {
    file.close();
  }

  /**
   * Maps a column of an Arrow IPC stream that begins at a byte of the file.
   *
   * @param column the column's name, or null for the only column of text
   * @throws UnreadableInputException if it is no such stream, or the column not one of text
   */
  public static MappedText arrowStream(String name, Path path, long offset, String column) {
    return open(
        name,
        path,
        (channel, file) -> chunks(ArrowTable.stream(name, channel, file, offset), column));
  }

  /**
   * Maps a column of an Arrow IPC file.
   *
   * @param column the column's name, or null for the only column of text
   * @throws UnreadableInputException if it is no such file, or the column not one of text
   */
  public static MappedText arrowFile(String name, Path path, String column) {
    return open(
        name, path, (channel, file) -> chunks(ArrowTable.file(name, path, channel, file), column));
  }

  private static MappedText open(
      String name, Path path, MappedFile.Layout<List<TextColumn.Chunk>> layout) {
    return MappedFile.open(
        name, path, layout, (file, chunks) -> new MappedText(file, new TextColumn(name, chunks)));
  }

  private static List<TextColumn.Chunk> chunks(ArrowTable table, String wanted) {
    int index = table.find(wanted, MappedText::isText, "utf8 or large_utf8", "text");
    boolean large = table.schema().getFields().get(index).getType() instanceof ArrowType.LargeUtf8;
    return table.column(index).stream().map(part -> chunk(part, large)).toList();
  }

  private static boolean isText(Field field) {
    return field.getDictionary() == null
        && (field.getType() instanceof ArrowType.Utf8
            || field.getType() instanceof ArrowType.LargeUtf8);
  }

  /** The buffers of text: validity, offsets, bytes. */
  private static TextColumn.Chunk chunk(ArrowTable.Part part, boolean large) {
    int rows = Math.toIntExact(part.rows());
    MemorySegment validity = part.nulls() == 0 ? null : part.buffers().get(0);
    return new TextColumn.Chunk(
        rows, large, validity, part.buffers().get(1), part.buffers().get(2));
  }
}
