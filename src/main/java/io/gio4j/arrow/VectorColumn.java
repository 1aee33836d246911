package io.gio4j.arrow;

import io.gio4j.data.UnreadableInputException;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.vector.TypeLayout;
import org.apache.arrow.vector.compression.NoCompressionCodec;
import org.apache.arrow.vector.ipc.message.ArrowFieldNode;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;

/**
 * Where in a record batch the numbers of one {@code FixedSizeList<float32>} column lie.
 *
 * @param field the column's name
 * @param width columns of the matrix: the list's size
 * @param node index of the list's field node; its items' node is the next one
 * @param buffer index of the list's validity buffer; the items' validity and numbers follow
 */
record VectorColumn(String field, int width, int node, int buffer) {
  private static final ArrowType FLOAT = new ArrowType.FloatingPoint(FloatingPointPrecision.SINGLE);

  /** Finds a column by name, or the only one of vectors when {@code wanted} is null. */
  static VectorColumn find(String name, Schema schema, String wanted) {
    VectorColumn found = null;
    int node = 0;
    int buffer = 0;
    for (Field field : schema.getFields()) {
      if (wanted == null ? isVector(field) : field.getName().equals(wanted)) {
        if (!isVector(field)) {
          throw new UnreadableInputException(
              "%s: column %s is %s; FixedSizeList of float32 is needed, cast it first"
                  .formatted(name, field.getName(), field.getType()));
        }
        if (found != null) {
          throw new UnreadableInputException(
              "%s: columns %s and %s both hold vectors; name the one to use"
                  .formatted(name, found.field, field.getName()));
        }
        int width = ((ArrowType.FixedSizeList) field.getType()).getListSize();
        found = new VectorColumn(field.getName(), width, node, buffer);
      }
      node += nodes(field);
      buffer += buffers(field);
    }
    if (found == null) {
      String columns =
          schema.getFields().stream().map(Field::toString).collect(Collectors.joining(", "));
      throw new UnreadableInputException(
          "%s: has no column%s of FixedSizeList of float32; its columns are %s"
              .formatted(name, wanted == null ? "" : " " + wanted, columns));
    }
    return found;
  }

  private static boolean isVector(Field field) {
    return field.getType() instanceof ArrowType.FixedSizeList
        && field.getChildren().get(0).getType().equals(FLOAT);
  }

  private static int nodes(Field field) {
    return 1 + field.getChildren().stream().mapToInt(VectorColumn::nodes).sum();
  }

  private static int buffers(Field field) {
    return TypeLayout.getTypeBufferCount(field.getType())
        + field.getChildren().stream().mapToInt(VectorColumn::buffers).sum();
  }

  /** The numbers of a batch, or null for a batch of no rows. */
  ArrowBuf values(String name, ArrowRecordBatch batch) {
    if (batch.getBodyCompression().getCodec() != NoCompressionCodec.COMPRESSION_TYPE) {
      throw new UnreadableInputException(
          name + ": is compressed; write it uncompressed, so that it can be read in place");
    }
    List<ArrowFieldNode> nodes = batch.getNodes();
    for (int i = node; i < node + 2; i++) {
      if (nodes.get(i).getNullCount() > 0) {
        throw new UnreadableInputException(
            "%s: column %s has %d nulls; drop or fill them first"
                .formatted(name, field, nodes.get(i).getNullCount()));
      }
    }
    long rows = nodes.get(node).getLength();
    if (rows == 0) {
      return null;
    }
    ArrowBuf values = batch.getBuffers().get(buffer + 2);
    long bytes = 4L * rows * width;
    if (values.capacity() < bytes) {
      throw new UnreadableInputException(
          "%s: a batch of %d rows has %d bytes of numbers; %d are needed, the file is damaged"
              .formatted(name, rows, values.capacity(), bytes));
    }
    return values.slice(0, bytes);
  }
}
