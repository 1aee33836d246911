package io.gio4j.data;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ByteTextTest {
  @TempDir Path directory;

  @Test
  void anyPartIsCopied() {
    ByteText text = new ByteText("text", MemorySegment.ofArray("abcd".getBytes(UTF_8)));
    assertEquals(4, text.size());
    assertEquals("bc", new String(text.copy(1, 3), UTF_8));
    assertEquals(0, text.copy(4, 4).length);
    assertThrows(IndexOutOfBoundsException.class, () -> text.copy(3, 5));
    assertThrows(IndexOutOfBoundsException.class, () -> text.copy(-1, 1));
  }

  @Test
  void moreThanAnArrayHoldsIsRefused() throws IOException {
    try (Arena arena = Arena.ofConfined();
        RandomAccessFile file = new RandomAccessFile(directory.resolve("sparse").toFile(), "rw")) {
      file.setLength(1L << 31);
      MemorySegment large =
          file.getChannel().map(FileChannel.MapMode.READ_ONLY, 0, 1L << 31, arena);
      String message =
          assertThrows(IllegalArgumentException.class, () -> new ByteText("text", large))
              .getMessage();
      assertEquals("text: has 2147483648 bytes; at most 2147483639 are read at once", message);
    }
  }

  /** A truncated file is an error, not the JVM's end. */
  @Test
  void aTruncatedFileIsAnError() throws IOException {
    Path file = Files.write(directory.resolve("text"), new byte[1 << 20]);
    try (Arena arena = Arena.ofShared();
        FileChannel channel =
            FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteText text =
          new ByteText("text", channel.map(FileChannel.MapMode.READ_ONLY, 0, 1 << 20, arena));
      channel.truncate(16);
      String message =
          assertThrows(UnreadableInputException.class, () -> text.copy(0, 1 << 20)).getMessage();
      assertEquals(
          "text: bytes 0 to 1048575 can no longer be read; the file was truncated or its disk"
              + " failed",
          message);
    }
  }
}
