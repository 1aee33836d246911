package io.gio4j.arrow;

import io.gio4j.data.UnreadableInputException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.arrow.vector.TypeLayout;
import org.apache.arrow.vector.ipc.message.ArrowFieldNode;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;

/**
 * The schema and the record batches of an Arrow IPC stream or file, as they lie in a mapped file;
 * {@link ArrowTableReader} reads them.
 *
 * <p>Batches are taken apart here and not by {@code VectorLoader}, which would allocate and fill a
 * validity bitmap (32 MB a gigabyte) where the writer left it out, as pyarrow does.
 */
record ArrowTable(String name, Schema schema, List<Batch> batches) {
  /** Nodes and buffers of all columns, and how many extra buffers each column of views has. */
  record Batch(
      long rows, List<ArrowFieldNode> nodes, List<MemorySegment> buffers, List<Long> viewBuffers) {}

  /**
   * One column of one batch.
   *
   * @param nodes the column's node, then those of its children
   * @param buffers the column's buffers, then those of its children
   */
  record Part(List<ArrowFieldNode> nodes, List<MemorySegment> buffers) {
    long rows() {
      return nodes.get(0).getLength();
    }

    long nulls() {
      return nodes.get(0).getNullCount();
    }
  }

  /**
   * Finds a column by its name, or the only one of its kind when {@code wanted} is null.
   *
   * @param kind which columns match
   * @param type what messages call their type
   * @param content what messages call what they hold
   */
  int find(String wanted, Predicate<Field> kind, String type, String content) {
    List<Field> fields = schema.getFields();
    int found = -1;
    for (int index = 0; index < fields.size(); index++) {
      Field field = fields.get(index);
      if (wanted == null ? kind.test(field) : field.getName().equals(wanted)) {
        if (!kind.test(field)) {
          throw new UnreadableInputException(
              "%s: column %s is %s; %s is needed, cast it first"
                  .formatted(name, field.getName(), typeOf(field), type));
        }
        if (found >= 0) {
          throw new UnreadableInputException(
              "%s: columns %s and %s both hold %s; name the one to use"
                  .formatted(name, fields.get(found).getName(), field.getName(), content));
        }
        found = index;
      }
    }
    if (found < 0) {
      throw new UnreadableInputException(
          "%s: has no column%s of %s; its columns are %s"
              .formatted(
                  name,
                  wanted == null ? "" : " " + wanted,
                  type,
                  fields.stream().map(Field::toString).collect(Collectors.joining(", "))));
    }
    return found;
  }

  private static String typeOf(Field field) {
    return field.getDictionary() == null ? field.getType().toString() : "encoded by a dictionary";
  }

  /** A column's parts, batch by batch; batches without rows are left out. */
  List<Part> column(int index) {
    List<Part> parts = new ArrayList<>();
    for (Batch batch : batches) {
      Walk walk = new Walk(batch);
      schema.getFields().subList(0, index).forEach(walk::step);
      int node = walk.node;
      int buffer = walk.buffer;
      walk.step(schema.getFields().get(index));
      Part part =
          new Part(
              batch.nodes().subList(node, walk.node), batch.buffers().subList(buffer, walk.buffer));
      if (part.rows() > 0) {
        parts.add(part);
      }
    }
    return parts;
  }

  /** Iterates over a batch's columns, whose nodes and buffers are consecutive. */
  static final class Walk {
    private final Batch batch;
    private int node;
    private int buffer;
    private int views;

    Walk(Batch batch) {
      this.batch = batch;
    }

    /** The number of nodes passed. */
    int node() {
      return node;
    }

    /** The number of buffers passed. */
    int buffer() {
      return buffer;
    }

    /** Passes a column, or a child of one. */
    void step(Field field) {
      node++;
      if (field.getDictionary() != null) {
        buffer += 2; // the batch holds integers: their validity and their values
        return;
      }
      buffer += TypeLayout.getTypeBufferCount(field.getType());
      if (field.getType() instanceof ArrowType.Utf8View
          || field.getType() instanceof ArrowType.BinaryView) {
        buffer += Math.toIntExact(batch.viewBuffers().get(views));
        views++;
      }
      field.getChildren().forEach(this::step);
    }
  }
}
