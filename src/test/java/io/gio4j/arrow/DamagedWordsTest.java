package io.gio4j.arrow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.arrow.ArrowMetadata.Message;
import io.gio4j.data.FloatMatrix;
import io.gio4j.data.UnreadableInputException;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Each word of the metadata of files that pyarrow wrote, set to extremes one at a time: the file is
 * refused, or it holds the rows that it held.
 */
@Tag("slow")
class DamagedWordsTest {
  private static final int[] EXTREMES = {
    0, 1, -1, Integer.MAX_VALUE, Integer.MIN_VALUE, 0xffff, 8, 64, 1 << 20, 0x7ffffff8
  };
  private static final long[] LONG_EXTREMES = {
    0, Long.MAX_VALUE, 1L << 36, 1L << 62, (1L << 60) + 5
  };

  @TempDir Path directory;

  @AfterEach
  void nothingStaysMapped() {
    assertEquals(0, ArrowMemory.bytes());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "pyarrow.arrow",
        "mixed.arrow",
        "lists.arrow",
        "half.arrow",
        "zstd.arrow",
        "mixed.stream",
        "lists.stream",
        "double.stream"
      })
  void aDamagedWordIsRefusedOrHarmless(String name) throws IOException, URISyntaxException {
    Path original = Path.of(DamagedWordsTest.class.getResource("/arrow/" + name).toURI());
    byte[] whole = Files.readAllBytes(original);
    float[] expected = numbers(original);
    int answers = 0;
    Path damaged = Files.copy(original, directory.resolve(name));
    try (FileChannel file = FileChannel.open(damaged, StandardOpenOption.WRITE)) {
      for (int at : words(original)) {
        for (byte[] bytes : damages(whole, at)) {
          // In place: writing whole files would take most of the time.
          int end = Math.min(whole.length, at + Long.BYTES);
          file.write(ByteBuffer.wrap(bytes, at, end - at), at);
          float[] found = numbers(damaged);
          if (found != null) {
            answers++;
            assertTrue(
                Arrays.equals(found, expected) || isCutShort(whole, bytes, at, found, expected),
                () -> "byte %d of %s as %d".formatted(at, name, littleEndian(bytes).getInt(at)));
          }
          file.write(ByteBuffer.wrap(whole, at, end - at), at);
        }
      }
    }
    assertEquals(expected != null, answers > 0, "some words mean nothing");
  }

  /** What is read from a file; null if it is refused. */
  private static float[] numbers(Path path) {
    try (MappedMatrix mapped =
        isStream(path)
            ? MappedMatrix.arrowStream("pool", path, 0)
            : MappedMatrix.arrowFile("pool", path, "embedding")) {
      FloatMatrix matrix = mapped.matrix();
      float[] numbers = new float[matrix.rows() * matrix.columns()];
      matrix.copyRows(0, matrix.rows(), numbers, 0);
      return numbers;
    } catch (UnreadableInputException | IllegalArgumentException refused) {
      assertTrue(refused.getMessage().startsWith("pool: "), refused.toString());
      return null;
    }
  }

  private static boolean isStream(Path path) {
    return path.toString().endsWith(".stream");
  }

  /** Where the words outside of the messages' bodies lie. */
  private static int[] words(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path)) {
      BitSet words = new BitSet();
      words.set(0, (int) channel.size() / Integer.BYTES);
      Message message =
          ArrowMetadata.message(
              channel, isStream(path) ? 0 : ArrowMetadata.HEAD_BYTES, channel.size());
      while (message != null) {
        words.clear((int) message.body() / Integer.BYTES, (int) message.end() / Integer.BYTES);
        message = ArrowMetadata.message(channel, message.end(), channel.size());
      }
      return words.stream().map(word -> word * Integer.BYTES).toArray();
    }
  }

  private static List<byte[]> damages(byte[] whole, int at) {
    List<byte[]> damages = new ArrayList<>();
    for (int value : EXTREMES) {
      byte[] bytes = whole.clone();
      littleEndian(bytes).putInt(at, value);
      damages.add(bytes);
    }
    if (at % Long.BYTES == 0 && at + Long.BYTES <= whole.length) {
      for (long value : LONG_EXTREMES) {
        byte[] bytes = whole.clone();
        littleEndian(bytes).putLong(at, value);
        damages.add(bytes);
      }
    }
    return damages;
  }

  private static ByteBuffer littleEndian(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * A length of 0 where a message should begin is how a stream ends, and nothing tells it apart.
   */
  private static boolean isCutShort(
      byte[] whole, byte[] damaged, int at, float[] found, float[] expected) {
    boolean wasLength =
        littleEndian(whole).getInt(at) == -1 || littleEndian(whole).getInt(at - 4) == -1;
    return wasLength
        && littleEndian(damaged).getInt(at) == 0
        && Arrays.equals(found, Arrays.copyOf(expected, found.length));
  }
}
