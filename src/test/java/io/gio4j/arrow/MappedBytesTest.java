package io.gio4j.arrow;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.gio4j.data.ByteText;
import io.gio4j.data.UnreadableInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MappedBytesTest {
  @TempDir Path directory;

  @AfterEach
  void nothingStaysMapped() {
    assertEquals(0, ArrowMemory.bytes());
  }

  @ParameterizedTest
  @CsvSource({"0, 6, abcdef", "2, 3, cde", "6, 0, ''"})
  void aPartOfAFileIsRead(long offset, long bytes, String expected) throws IOException {
    Path file = Files.writeString(directory.resolve("text"), "abcdef");
    try (MappedBytes mapped = MappedBytes.of("rows", file, offset, bytes)) {
      ByteText text = mapped.text();
      assertEquals("rows", text.name());
      assertEquals(expected, new String(text.copy(0, text.size()), UTF_8));
    }
  }

  @ParameterizedTest
  @CsvSource({"0, 7", "6, 1", "-1, 2", "2, -1", "7, 0", "9223372036854775807, 1"})
  void moreThanThereIsIsRefused(long offset, long bytes) throws IOException {
    Path file = Files.writeString(directory.resolve("text"), "abcdef");
    String message =
        assertThrows(
                UnreadableInputException.class, () -> MappedBytes.of("rows", file, offset, bytes))
            .getMessage();
    assertEquals(
        "rows: %s has 6 bytes; %d from byte %d on are asked for".formatted(file, bytes, offset),
        message);
  }

  @Test
  void aMissingFileIsNamed() {
    Path file = directory.resolve("none");
    String message =
        assertThrows(UnreadableInputException.class, () -> MappedBytes.of("rows", file, 0, 1))
            .getMessage();
    assertEquals("rows: there is no file " + file, message);
  }
}
