package io.gio4j.random;

import java.util.Arrays;
import java.util.Objects;

/**
 * Python's {@code random.Random}: the Mersenne Twister MT19937 with CPython's ways of drawing, so
 * that a seeded notebook gets the numbers it would have drawn itself.
 *
 * <p>The state is the 625 integers of {@code random.getstate()[1]}: 624 words of 32 bits, then the
 * position. It can be taken from Python, used here, and handed back. Source of the generator:
 * Matsumoto and Nishimura 1998; of the draws: CPython's {@code random.py} ({@code sample}, {@code
 * _randbelow_with_getrandbits}), unchanged from 3.10 to 3.14 for what is used here.
 *
 * <p>Not for cryptography; not safe for use by several threads.
 */
public final class PythonRandom {
  /** Integers in a state: 624 words and the position. */
  public static final int STATE_SIZE = 625;

  private static final int N = 624;
  private static final int M = 397;
  private static final int MATRIX_A = 0x9908b0df;
  private static final int UPPER_MASK = 0x80000000;
  private static final int LOWER_MASK = 0x7fffffff;

  private final int[] words;
  private int position;

  private PythonRandom(int[] words, int position) {
    this.words = words;
    this.position = position;
  }

  /**
   * {@return the generator after {@code random.seed(seed)} in Python}
   *
   * @param seed its sign is ignored, as in Python
   */
  public static PythonRandom seeded(long seed) {
    long size = Math.abs(seed); // of the smallest long too, read without a sign
    int low = (int) size;
    int high = (int) (size >>> 32);
    int keyLength = high == 0 ? 1 : 2;
    int[] words = new int[N];
    words[0] = 19650218;
    for (int i = 1; i < N; i++) {
      words[i] = 1812433253 * (words[i - 1] ^ (words[i - 1] >>> 30)) + i;
    }
    int i = 1;
    for (int step = 0; step < N; step++) {
      int j = step % keyLength;
      int key = j == 0 ? low : high;
      words[i] = (words[i] ^ ((words[i - 1] ^ (words[i - 1] >>> 30)) * 1664525)) + key + j;
      i = next(words, i);
    }
    for (int step = 0; step < N - 1; step++) {
      words[i] = (words[i] ^ ((words[i - 1] ^ (words[i - 1] >>> 30)) * 1566083941)) - i;
      i = next(words, i);
    }
    words[0] = UPPER_MASK;
    return new PythonRandom(words, N);
  }

  private static int next(int[] words, int i) {
    if (i + 1 < N) {
      return i + 1;
    }
    words[0] = words[N - 1];
    return 1;
  }

  /**
   * {@return the generator in a state taken from Python}
   *
   * @param state the 625 integers of {@code random.getstate()[1]}
   * @throws IllegalArgumentException if these are not 624 words of 32 bits and a position up to 624
   */
  public static PythonRandom ofState(long[] state) {
    Objects.requireNonNull(state);
    if (state.length != STATE_SIZE || state[N] < 0 || state[N] > N) {
      throw new IllegalArgumentException(
          "random: has %d integers; the %d of random.getstate()[1] are needed, the last one at most %d"
              .formatted(state.length, STATE_SIZE, N));
    }
    int[] words = new int[N];
    for (int i = 0; i < N; i++) {
      words[i] = (int) state[i];
      if (Integer.toUnsignedLong(words[i]) != state[i]) {
        throw new IllegalArgumentException(
            "random: integer %d is %d; must lie between 0 and %d"
                .formatted(i, state[i], 0xffffffffL));
      }
    }
    return new PythonRandom(words, (int) state[N]);
  }

  /** {@return the state, for {@code random.setstate((3, tuple(state), None))}} */
  public long[] state() {
    long[] state = new long[STATE_SIZE];
    for (int i = 0; i < N; i++) {
      state[i] = Integer.toUnsignedLong(words[i]);
    }
    state[N] = position;
    return state;
  }

  /** {@return a generator that will draw the same numbers, independently of this one} */
  public PythonRandom copy() {
    return new PythonRandom(words.clone(), position);
  }

  /** {@return {@code random.random()}: uniform in [0, 1) with 53 bits} */
  public double nextDouble() {
    int a = nextWord() >>> 5;
    int b = nextWord() >>> 6;
    return (a * 67108864.0 + b) / 9007199254740992.0;
  }

  /**
   * {@return {@code random._randbelow(bound)}: uniform in [0, bound)}
   *
   * @param bound at least 1
   * @throws IllegalArgumentException if it is below 1
   */
  public int nextBelow(int bound) {
    if (bound < 1) {
      throw new IllegalArgumentException("bound: is " + bound + "; must be at least 1");
    }
    int shift = Integer.numberOfLeadingZeros(bound);
    long drawn;
    do {
      drawn = Integer.toUnsignedLong(nextWord()) >>> shift;
    } while (drawn >= bound);
    return (int) drawn;
  }

  /**
   * Shuffles as {@code random.shuffle(values)} does.
   *
   * @param values in place
   */
  public void shuffle(int[] values) {
    for (int i = values.length - 1; i > 0; i--) {
      int j = nextBelow(i + 1);
      int value = values[i];
      values[i] = values[j];
      values[j] = value;
    }
  }

  private int nextWord() {
    if (position == N) {
      refill();
    }
    int y = words[position++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return y ^ (y >>> 18);
  }

  private void refill() {
    for (int i = 0; i < N; i++) {
      int y = (words[i] & UPPER_MASK) | (words[(i + 1) % N] & LOWER_MASK);
      words[i] = words[(i + M) % N] ^ (y >>> 1) ^ ((y & 1) * MATRIX_A);
    }
    position = 0;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PythonRandom that
        && position == that.position
        && Arrays.equals(words, that.words);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(words) + position;
  }
}
