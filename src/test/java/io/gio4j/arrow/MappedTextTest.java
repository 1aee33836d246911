package io.gio4j.arrow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.data.TextColumn;
import io.gio4j.data.UnreadableInputException;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MappedTextTest {
  @TempDir Path directory;

  @AfterEach
  void nothingStaysMapped() {
    assertEquals(0, ArrowMemory.bytes());
  }

  private static Path resource(String name) throws URISyntaxException {
    return Path.of(MappedTextTest.class.getResource("/arrow/" + name).toURI());
  }

  @ParameterizedTest
  @ValueSource(strings = {"text", "large"})
  void textOfBothKindsIsRead(String column) throws URISyntaxException {
    assertTexts(MappedText.arrowFile("rows", resource("mixed.arrow"), column));
    assertTexts(MappedText.arrowStream("rows", resource("mixed.stream"), 0, column));
  }

  private static void assertTexts(MappedText mapped) {
    try (mapped) {
      TextColumn text = mapped.text();
      assertEquals(10, text.rows());
      TextColumn.Scratch scratch = new TextColumn.Scratch();
      text.copyRows(0, 10, scratch);
      for (int row = 0; row < 10; row++) {
        assertEquals(row == 3, scratch.isMissing(row));
        int from = scratch.start(row);
        String copied =
            new String(
                scratch.bytes(), from, scratch.start(row + 1) - from, StandardCharsets.UTF_8);
        assertEquals(row == 3 ? "" : "[%d.5, %de-1]".formatted(row, row), copied);
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "null",
      value = {
        "null | rows: columns text and large both hold text; name the one to use",
        "kind | rows: column kind is encoded by a dictionary; utf8 or large_utf8 is needed,",
        "view | rows: column view is Utf8View; utf8 or large_utf8 is needed, cast it first",
        "embedding | rows: column embedding is FixedSizeList(4); utf8 or large_utf8 is needed,",
        "other | rows: has no column other of utf8 or large_utf8; its columns are kind: "
      })
  void otherColumnsAreRefused(String column, String beginning) throws URISyntaxException {
    Path file = resource("mixed.arrow");
    Path stream = resource("mixed.stream");
    assertUnreadable(beginning, () -> MappedText.arrowFile("rows", file, column));
    assertUnreadable(beginning, () -> MappedText.arrowStream("rows", stream, 0, column));
  }

  @Test
  void theOnlyTextNeedsNoName() throws URISyntaxException {
    try (MappedText mapped = MappedText.arrowFile("rows", resource("pyarrow.arrow"), null)) {
      assertEquals(10, mapped.text().rows());
    }
  }

  /** Noise in any byte: texts, or an error for the caller, but nothing else and nothing mapped. */
  @Test
  void damageAnywhereIsSurvived() throws IOException, URISyntaxException {
    byte[] whole = Files.readAllBytes(resource("mixed.stream"));
    Path file = directory.resolve("damaged");
    for (int at = 0; at < whole.length; at++) {
      byte[] damaged = whole.clone();
      damaged[at] ^= (byte) (at % 2 == 0 ? 0xff : 0x11);
      Files.write(file, damaged);
      try (MappedText mapped = MappedText.arrowStream("rows", file, 0, "text")) {
        TextColumn text = mapped.text();
        for (int row = 0; row < Math.min(20, text.rows()); row++) {
          text.copyRows(row, 1, new TextColumn.Scratch());
        }
      } catch (UnreadableInputException | IllegalArgumentException refused) {
        assertTrue(refused.getMessage().startsWith("rows: "), refused.toString());
      }
    }
  }

  @Test
  void aStreamCutWithinABatchIsRefused() throws IOException, URISyntaxException {
    byte[] whole = Files.readAllBytes(resource("mixed.stream"));
    Path file = directory.resolve("cut");
    for (int less : new int[] {9, 30, 100, 200, whole.length - 9, whole.length - 4}) {
      Files.write(file, Arrays.copyOf(whole, whole.length - less));
      assertUnreadable("rows: ", () -> MappedText.arrowStream("rows", file, 0, "text"));
    }
  }

  @FunctionalInterface
  private interface Opening {
    MappedText open();
  }

  private static void assertUnreadable(String beginning, Opening opening) {
    String message =
        assertThrows(UnreadableInputException.class, () -> opening.open().close()).getMessage();
    assertTrue(message.startsWith(beginning), message);
  }
}
