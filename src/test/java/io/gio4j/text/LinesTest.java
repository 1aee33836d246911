package io.gio4j.text;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LinesTest {
  private static String lines(String text) {
    byte[] bytes = text.getBytes(UTF_8);
    Lines lines = new Lines(bytes);
    List<String> found = new ArrayList<>();
    while (lines.next()) {
      String line = new String(bytes, lines.start(), lines.end() - lines.start(), UTF_8);
      found.add(lines.number() + ":" + line);
    }
    return String.join(" ", found) + " of " + lines.number();
  }

  @ParameterizedTest
  @CsvSource({
    "a.b.,     0:a 1:b of 2",
    "a.b,      0:a 1:b of 2",
    "a\\.b\\., 0:a 1:b of 2",
    "a\\b\\,   0:a 1:b of 2",
    "a\\\\b,   0:a 2:b of 3",
    "..a. . .b, 2:a 5:b of 6",
    "'', ' of 0'",
    ".,  ' of 1'",
    "\\., ' of 1'",
    ".\\, ' of 2'"
  })
  void linesAreFoundAndCounted(String text, String expected) {
    assertEquals(expected, lines(text.replace('.', '\n').replace('\\', '\r')));
  }

  /** Eight bytes at a time find what one at a time does, wherever it stands. */
  @Test
  void charactersAreFoundWhereTheyAre() {
    SplittableRandom random = new SplittableRandom(1);
    for (int repetition = 0; repetition < 5000; repetition++) {
      byte[] text = new byte[random.nextInt(40)];
      for (int i = 0; i < text.length; i++) {
        // Neighbours of the wanted ones, and these with the high bit set, are no less frequent.
        text[i] = (byte) (random.nextInt(6) + '*' - 2 + (random.nextBoolean() ? 0x80 : 0));
      }
      int from = random.nextInt(text.length + 1);
      int to = from + random.nextInt(text.length + 1 - from);
      int expected = from;
      while (expected < to && text[expected] != '*' && text[expected] != ',') {
        expected++;
      }
      assertEquals(expected, Bytes.indexOfEither('*', ',', text, from, to));
    }
  }

  @Test
  void whatIsNoTextIsReplaced() {
    for (int length = 0; length < 20; length++) {
      byte[] ascii = "a".repeat(length).getBytes(UTF_8);
      assertArrayEquals(ascii, Bytes.repaired(ascii));
      for (int i = 0; i < length; i++) {
        byte[] bad = ascii.clone();
        bad[i] = (byte) 0xff;
        String repaired = new String(Bytes.repaired(bad), UTF_8);
        assertEquals("a".repeat(i) + '\ufffd' + "a".repeat(length - i - 1), repaired);
      }
    }
    byte[] text = "né 你好".getBytes(UTF_8);
    assertArrayEquals(text, Bytes.repaired(text));
  }
}
