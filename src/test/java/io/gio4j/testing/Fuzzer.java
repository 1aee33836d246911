package io.gio4j.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Seeded mutations of a corpus of inputs. The first inputs are the corpus itself, so what was found
 * once is tried for ever: copy it there from {@code target/fuzz}. {@code -Dgio4j.fuzz.seconds=15
 * -Dgio4j.fuzz.seed=7} fuzzes longer and elsewhere.
 */
public final class Fuzzer {
  private static final long SECONDS = Long.getLong("gio4j.fuzz.seconds", 2);
  private static final long SEED = Long.getLong("gio4j.fuzz.seed", 1);

  private static final long[] EXTREMES = {
    0,
    1,
    -1,
    8,
    64,
    0xffff,
    1 << 20,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    0x7ffffff8,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    1L << 31,
    1L << 36,
    1L << 62,
    (1L << 60) + 5
  };

  /** Pieces of JSON that change what a text means. */
  private static final List<byte[]> PIECES =
      Stream.of(
              "null",
              "true",
              "-1",
              "0",
              "1e999",
              "NaN",
              "1.5",
              "2147483648",
              "[]",
              "{}",
              "\"\"",
              "[",
              "{",
              "}",
              "]",
              ",",
              ":",
              "\"",
              "\\u0000",
              "\\ud800",
              "99999999999999999999",
              "\u00e9")
          .map(piece -> piece.getBytes(StandardCharsets.UTF_8))
          .toList();

  private final List<byte[]> corpus;
  private final String name;

  private Fuzzer(String name, List<byte[]> corpus) {
    this.name = name;
    this.corpus = corpus;
  }

  /** Takes the files of a directory as the corpus. */
  public static Fuzzer of(String name, Path directory) {
    try (Stream<Path> files = Files.list(directory)) {
      List<byte[]> corpus = new ArrayList<>();
      for (Path file : files.sorted().toList()) {
        corpus.add(Files.readAllBytes(file));
      }
      return new Fuzzer(name, corpus);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** Tries one input; whatever it throws is a finding. */
  @FunctionalInterface
  public interface Target {
    /** Tries the input. */
    void accept(byte[] input) throws Exception;
  }

  /**
   * Tries the corpus, then mutations of it until the time is over.
   *
   * @return how many inputs were tried
   * @throws AssertionError with the seed and the place of the input, for the first finding
   */
  public long run(Target target) {
    for (int i = 0; i < corpus.size(); i++) {
      attempt(target, corpus.get(i), i);
    }
    long end = System.nanoTime() + SECONDS * 1_000_000_000L;
    long number = corpus.size();
    while (System.nanoTime() < end) {
      attempt(target, mutated(new SplittableRandom(SEED * 1_000_003 + number)), number);
      number++;
    }
    return number;
  }

  private void attempt(Target target, byte[] input, long number) {
    try {
      target.accept(input);
    } catch (Throwable finding) {
      Path kept = keep(input, number);
      throw new AssertionError(
          "%s, seed %d, input %d, kept in %s".formatted(name, SEED, number, kept), finding);
    }
  }

  private Path keep(byte[] input, long number) {
    try {
      Path directory = Files.createDirectories(Path.of("target", "fuzz"));
      return Files.write(directory.resolve("%s-%d-%d".formatted(name, SEED, number)), input);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private byte[] mutated(SplittableRandom random) {
    byte[] input = corpus.get(random.nextInt(corpus.size())).clone();
    int steps = 1 << random.nextInt(4);
    for (int i = 0; i < steps; i++) {
      input = step(input, random);
    }
    return input;
  }

  private byte[] step(byte[] input, SplittableRandom random) {
    if (input.length < Long.BYTES) {
      return corpus.get(random.nextInt(corpus.size())).clone();
    }
    int from = random.nextInt(input.length);
    int to = Math.min(input.length, from + 1 + random.nextInt(32));
    return switch (random.nextInt(9)) {
      case 0 -> with(input, bytes -> bytes.put(from, (byte) (bytes.get(from) ^ 1 << from % 8)));
      case 1 -> {
        int at = random.nextInt(input.length - 3) & ~3;
        int value = (int) EXTREMES[random.nextInt(EXTREMES.length)];
        yield with(input, bytes -> bytes.putInt(at, value));
      }
      case 2 -> {
        int at = random.nextInt(input.length - 7) & ~7;
        long value = EXTREMES[random.nextInt(EXTREMES.length)];
        yield with(input, bytes -> bytes.putLong(at, value));
      }
      case 3 -> Arrays.copyOf(input, from);
      case 4 -> spliced(input, from, new byte[0], to); // deleted
      case 5 -> spliced(input, from, Arrays.copyOfRange(input, from, to), from); // repeated
      case 6 -> spliced(input, from, PIECES.get(random.nextInt(PIECES.size())), from);
      case 7 -> spliced(input, from, PIECES.get(random.nextInt(PIECES.size())), to);
      default -> {
        byte[] other = corpus.get(random.nextInt(corpus.size()));
        int tail = Math.min(other.length, from);
        yield spliced(input, from, Arrays.copyOfRange(other, tail, other.length), input.length);
      }
    };
  }

  private static byte[] with(byte[] input, Consumer<ByteBuffer> change) {
    change.accept(ByteBuffer.wrap(input).order(ByteOrder.LITTLE_ENDIAN));
    return input;
  }

  /** The input with {@code middle} in place of what lies from {@code from} to before {@code to}. */
  private static byte[] spliced(byte[] input, int from, byte[] middle, int to) {
    byte[] result = new byte[from + middle.length + input.length - to];
    System.arraycopy(input, 0, result, 0, from);
    System.arraycopy(middle, 0, result, from, middle.length);
    System.arraycopy(input, to, result, from + middle.length, input.length - to);
    return result;
  }
}
