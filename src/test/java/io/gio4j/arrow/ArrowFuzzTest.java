package io.gio4j.arrow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.data.FloatMatrix;
import io.gio4j.data.UnreadableInputException;
import io.gio4j.testing.Fuzzer;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Any bytes as an Arrow file and as a stream: rows, or an error of the one kind that says so; never
 * another exception, and nothing stays mapped.
 */
@Tag("slow")
class ArrowFuzzTest {
  @TempDir Path directory;

  @Test
  void anyBytesAreReadOrRefused() throws URISyntaxException {
    Path path = directory.resolve("fuzz.arrow");
    Path corpus = Path.of(ArrowFuzzTest.class.getResource("/arrow").toURI());
    long tried =
        Fuzzer.of("arrow", corpus)
            .run(input -> {
              Files.write(path, input);
              readOrRefused(() -> MappedMatrix.arrowFile("pool", path, null));
              readOrRefused(() -> MappedMatrix.arrowStream("pool", path, 0));
              assertEquals(0, ArrowMemory.bytes());
            });
    assertTrue(tried > 20, "only " + tried);
  }

  private static void readOrRefused(Supplier<MappedMatrix> opening) {
    try (MappedMatrix mapped = opening.get()) {
      FloatMatrix matrix = mapped.matrix();
      matrix.row(0);
      matrix.row(matrix.rows() - 1);
    } catch (UnreadableInputException | IllegalArgumentException refused) {
      assertTrue(refused.getMessage().startsWith("pool: "), refused.toString());
    }
  }
}
