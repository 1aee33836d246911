package io.gio4j.random;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against what CPython drew; {@code resources/random/README.md} has the origin. */
class PythonRandomTest {
  static Stream<JsonNode> sequences() throws IOException {
    try (InputStream in = PythonRandomTest.class.getResourceAsStream("/random/cpython.json")) {
      JsonNode sequences = new ObjectMapper().readTree(in).get("sequences");
      return StreamSupport.stream(sequences.spliterator(), false);
    }
  }

  private static long[] longs(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).mapToLong(JsonNode::asLong).toArray();
  }

  /** Draws as the recorded calls did; the answers in order. */
  private static List<Number> draw(PythonRandom random, JsonNode calls) {
    List<Number> drawn = new ArrayList<>();
    for (JsonNode call : calls) {
      for (int i = 0; i < call.get("times").asInt(); i++) {
        int bound = call.get("bound").asInt();
        drawn.add(bound == 0 ? random.nextDouble() : (Number) random.nextBelow(bound));
      }
    }
    return drawn;
  }

  private static List<Number> numbers(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).map(JsonNode::numberValue).toList();
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("sequences")
  void seededGeneratorDrawsWhatCPythonDrew(JsonNode sequence) {
    PythonRandom random = PythonRandom.seeded(sequence.get("seed").asLong());
    assertEquals(numbers(sequence.get("drawn")), draw(random, sequence.get("calls")));
    assertArrayEquals(longs(sequence.get("stateAfter")), random.state());
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("sequences")
  void generatorTakenOverMidStreamGoesOnAsCPythonDid(JsonNode sequence) {
    PythonRandom random = PythonRandom.ofState(longs(sequence.get("stateAfter")));
    assertEquals(numbers(sequence.get("drawnThen")), draw(random, sequence.get("callsThen")));
    assertArrayEquals(longs(sequence.get("stateThen")), random.state());
  }

  @Test
  void stateIsACopyAndRestoresTheGenerator() {
    PythonRandom random = PythonRandom.seeded(5);
    random.nextDouble();
    long[] state = random.state();
    double next = random.nextDouble();
    state[0] ^= 1;
    PythonRandom other = PythonRandom.seeded(5);
    other.nextDouble();
    assertEquals(next, PythonRandom.ofState(other.state()).nextDouble());
    assertEquals(PythonRandom.ofState(random.state()), random);
  }

  @Test
  void copyDrawsTheSameIndependently() {
    PythonRandom random = PythonRandom.seeded(6);
    PythonRandom copy = random.copy();
    assertEquals(random, copy);
    double first = copy.nextDouble();
    assertNotEquals(random, copy);
    assertEquals(first, random.nextDouble());
    assertEquals(random, copy);
    assertEquals(random.hashCode(), copy.hashCode());
  }

  @Test
  void allValuesBelowABoundAreDrawn() {
    PythonRandom random = PythonRandom.seeded(7);
    int[] seen = new int[5];
    for (int i = 0; i < 5_000; i++) {
      seen[random.nextBelow(5)]++;
    }
    for (int count : seen) {
      assertEquals(1_000, count, 200);
    }
  }

  /** {@code random.Random(seed).random()} of CPython 3.11. */
  @ParameterizedTest
  @CsvSource({
    "4294967296, 0.11299430095636409",
    "4294967301, 0.15727238718789782",
    "9223372036854775807, 0.3166448820870279",
    "-9223372036854775808, 0.5534639983914199",
    "-1, 0.13436424411240122",
    "-1099511627779, 0.21978710637116716",
  })
  void anySeedOf64Bits(long seed, double first) {
    assertEquals(first, PythonRandom.seeded(seed).nextDouble());
  }

  @Test
  void aBoundBelowOneIsRefused() {
    PythonRandom random = PythonRandom.seeded(1);
    assertEquals(
        "bound: is 0; must be at least 1",
        assertThrows(IllegalArgumentException.class, () -> random.nextBelow(0)).getMessage());
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 625})
  void aStateOfAnotherFormIsRefused(long position) {
    long[] state = new long[PythonRandom.STATE_SIZE];
    state[624] = position;
    assertThrows(IllegalArgumentException.class, () -> PythonRandom.ofState(state));
    assertThrows(IllegalArgumentException.class, () -> PythonRandom.ofState(new long[624]));
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 0x1_0000_0000L})
  void aWordOfMoreThan32BitsIsRefused(long word) {
    long[] state = PythonRandom.seeded(1).state();
    state[17] = word;
    assertThrows(IllegalArgumentException.class, () -> PythonRandom.ofState(state));
  }

  /** {@code random.seed(7); values = list(range(n)); random.shuffle(values)} of CPython 3.11. */
  @Test
  void shuffleIsCPythons() {
    int[] ten = IntStream.range(0, 10).toArray();
    PythonRandom.seeded(7).shuffle(ten);
    assertArrayEquals(new int[] {8, 3, 1, 4, 7, 0, 9, 6, 2, 5}, ten);
    int[] many = IntStream.range(0, 700).toArray();
    PythonRandom.seeded(7).shuffle(many);
    assertArrayEquals(new int[] {664, 615, 30, 509, 435}, Arrays.copyOf(many, 5));
  }
}
