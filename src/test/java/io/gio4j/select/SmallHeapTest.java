package io.gio4j.select;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.gio4j.data.FloatMatrix;
import io.gio4j.testing.JavaProcess;
import io.gio4j.testing.TestRows;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Matrices too large for the heap are read in place, block by block: the same answer, bit for bit.
 */
@Tag("slow")
class SmallHeapTest {
  /** 1.9 MB of pool and 4.9 MB of target: in 28 MB neither is kept, in 512 MB both are. */
  private static final int COLUMNS = 1_200;

  private static final int POOL_ROWS = 400;
  private static final int TARGET_ROWS = 1_020;

  @TempDir Path directory;

  private List<String> search(String heap, Path file) throws Exception {
    List<String> flags = new ArrayList<>(JavaProcess.ARROW_FLAGS);
    flags.add("--add-modules=jdk.incubator.vector");
    flags.add(heap);
    JavaProcess probe =
        JavaProcess.run(
            flags,
            SmallHeapProbe.class,
            file.toString(),
            "" + POOL_ROWS,
            "" + TARGET_ROWS,
            "" + COLUMNS);
    assertEquals(0, probe.status(), probe.text());
    return probe.text().lines().filter(line -> line.startsWith("[")).toList();
  }

  @Test
  void theHeapsSizeHasNoPartInTheAnswer() throws Exception {
    int numbers = (POOL_ROWS + TARGET_ROWS) * COLUMNS;
    float[] values = new float[numbers];
    FloatMatrix rows = TestRows.normal(1, POOL_ROWS + TARGET_ROWS, COLUMNS);
    rows.copyRows(0, rows.rows(), values, 0);
    ByteBuffer bytes = ByteBuffer.allocate(4 * numbers).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    Path file = Files.write(directory.resolve("rows"), bytes.array());

    List<String> large = search("-Xmx512m", file);
    assertEquals(23, large.size());
    assertEquals(large, search("-Xmx28m", file));
  }
}
