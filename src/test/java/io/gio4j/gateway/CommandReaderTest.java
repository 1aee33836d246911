package io.gio4j.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands come whole, one after another, whatever their size and however they arrive. */
class CommandReaderTest {
  private static CommandReader reader(String text, long maxBytes) {
    return new CommandReader(
        new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), maxBytes);
  }

  @Test
  void commandsComeOneAfterAnother() throws IOException {
    CommandReader reader = reader("c\nt\ninfo\ne\nc\nt\npoll\nsé\ni0\ne\ne\nm\ne\n", 100);
    assertEquals(List.of("c", "t", "info"), reader.next());
    assertEquals(List.of("c", "t", "poll", "sé", "i0"), reader.next());
    assertEquals(List.of(), reader.next());
    assertEquals(List.of("m"), reader.next());
    assertNull(reader.next());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "c", "c\nt\ninfo\n", "c\nt\ninfo\ne", "c\nt\ninfo\nse\n"})
  void halfACommandIsNone(String text) throws IOException {
    assertNull(reader(text, 100).next());
  }

  @Test
  void aLineMayArriveByteByByte() throws IOException {
    InputStream slow =
        new ByteArrayInputStream("c\nt\ninfo\ne\n".getBytes(StandardCharsets.UTF_8)) {
          @Override
          public int read(byte[] bytes) {
            return read(bytes, 0, 1);
          }
        };
    assertEquals(List.of("c", "t", "info"), new CommandReader(slow, 100).next());
  }

  /** The bound counts every byte up to and with the last line. */
  @ParameterizedTest
  @ValueSource(ints = {11, 8_192, 100_000})
  void aCommandOverTheBoundIsPassedOver(int bytes) throws IOException {
    String command = "c\nt\nsubmit\ns" + "x".repeat(bytes) + "\ne\n";
    assertEquals(4, reader(command, command.length()).next().size());
    CommandReader reader = reader(command + "c\nt\ninfo\ne\n", command.length() - 1);
    GatewayException refused = assertThrows(GatewayException.class, reader::next);
    assertEquals(ErrorCode.OUT_OF_MEMORY, refused.code());
    assertTrue(
        refused
            .getMessage()
            .startsWith(
                "the request has %d bytes; must be at most %d"
                    .formatted(command.length(), command.length() - 1)),
        refused.getMessage());
    assertEquals(List.of("c", "t", "info"), reader.next());
  }

  @Test
  void linesWithoutEndAreBoundedTogether() throws IOException {
    CommandReader reader = reader("c\nt\n" + "sx\n".repeat(50_000) + "e\nm\ne\n", 10_000);
    assertThrows(GatewayException.class, reader::next);
    assertEquals(List.of("m"), reader.next());
  }
}
