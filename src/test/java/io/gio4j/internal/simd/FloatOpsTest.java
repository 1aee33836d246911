package io.gio4j.internal.simd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Scalar and SIMD operations give the same bits, and both the right numbers, over sizes that leave
 * remainders of every kind.
 *
 * <p>The numbers of lanes differ, so the same {@value #POINTS} points go round the lanes of each
 * kernel, and lane {@code l} is compared with point {@code l mod 8}.
 */
@Tag("simd")
class FloatOpsTest {
  private static final int POINTS = 8;
  private static final int[] COUNTS = {1, 2, 3, 4, 5, 6, 7, 8, 9, 17};
  private static final double UNIT_FLOAT = 0x1p-24;
  private static final double UNIT_DOUBLE = 0x1p-53;

  /** Where arrays begin that a kernel is given a part of. */
  private static final int OFFSET = 5;

  @BeforeAll
  static void registersOfAKnownWidth() {
    assumeTrue(SimdFloatOps.bits() >= 128, "there is no vector kernel for this processor");
  }

  private final FloatOps scalar = SimdProvider.scalar();
  private final FloatOps vector = SimdProvider.vector();

  static IntStream columns() {
    return IntStream.concat(
        IntStream.rangeClosed(1, 40),
        IntStream.of(63, 64, 65, 255, 256, 257, 511, 512, 513, 767, 768, 769, 1000, 4099));
  }

  /**
   * The bound of a sum's rounding errors, the one tolerance of these tests: one unit per term, of
   * the sum of the terms' sizes.
   */
  private static double tolerance(int terms, double unit, double sizes) {
    return (terms + 2) * unit * sizes;
  }

  /** Numbers from a sequence of their own; the count includes what lies before an offset. */
  private static float[] floats(int seed, int count) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static double[] doubles(int seed, int count) {
    return new SplittableRandom(seed).doubles(count, -1, 1).toArray();
  }

  /** A number of each point, {@code stride} of them, laid out for a kernel's lanes. */
  private static float[] inLanes(FloatOps ops, float[] values) {
    int lanes = ops.lanes();
    float[] laid = new float[values.length / POINTS * lanes];
    for (int i = 0; i < laid.length; i++) {
      laid[i] = values[i / lanes * POINTS + i % lanes % POINTS];
    }
    return laid;
  }

  /** {@return a number of each point, the same bits in all lanes of both kernels} */
  private float[] ofPoints(float[] scalarLanes, float[] vectorLanes) {
    float[] found = new float[scalarLanes.length / scalar.lanes() * POINTS];
    for (int i = 0; i < found.length; i++) {
      found[i] = scalarLanes[i / POINTS * scalar.lanes() + i % POINTS];
    }
    assertArrayEquals(bits(inLanes(scalar, found)), bits(scalarLanes));
    assertArrayEquals(bits(inLanes(vector, found)), bits(vectorLanes));
    return found;
  }

  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToIntBits(values[i]);
    }
    return bits;
  }

  @ParameterizedTest
  @MethodSource("columns")
  void squaredDistances(int columns) {
    double[] point = doubles(2, columns);
    for (int count : COUNTS) {
      float[] rows = floats(1, OFFSET + count * columns);
      double[] one = new double[OFFSET + count];
      double[] other = new double[OFFSET + count];
      scalar.rows().squaredDistances(rows, OFFSET, count, columns, point, one, OFFSET);
      vector.rows().squaredDistances(rows, OFFSET, count, columns, point, other, OFFSET);
      assertArrayEquals(one, other);
      assertArrayEquals(new double[OFFSET], Arrays.copyOf(other, OFFSET), "before the offset");
      for (int row = 0; row < count; row++) {
        double sum = 0;
        for (int c = 0; c < columns; c++) {
          double difference = rows[OFFSET + row * columns + c] - point[c];
          sum += difference * difference;
        }
        assertEquals(sum, one[OFFSET + row], tolerance(columns, UNIT_DOUBLE, sum));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("columns")
  void innerProducts(int columns) {
    double[] point = doubles(2, columns);
    for (int count : COUNTS) {
      float[] rows = floats(1, OFFSET + count * columns);
      double[] one = new double[count];
      double[] other = new double[count];
      scalar.rows().innerProducts(rows, OFFSET, count, columns, point, one);
      vector.rows().innerProducts(rows, OFFSET, count, columns, point, other);
      assertArrayEquals(one, other);
      for (int row = 0; row < count; row++) {
        double sum = 0;
        double absolute = 0;
        for (int c = 0; c < columns; c++) {
          sum += rows[OFFSET + row * columns + c] * point[c];
          absolute += Math.abs(rows[OFFSET + row * columns + c] * point[c]);
        }
        assertEquals(sum, one[row], tolerance(columns, UNIT_DOUBLE, absolute));
      }
    }
  }

  @Test
  void theLargestNumberIsFoundWhereverItStands() {
    for (int count = 1; count <= 70; count++) {
      for (int at = 0; at < count; at++) {
        float[] values = new float[count + 1];
        values[at] = -3;
        values[count] = 9;
        assertEquals(3, scalar.rows().largest(values, count));
        assertEquals(3, vector.rows().largest(values, count));
        values[at] = Float.NaN;
        assertTrue(Float.isNaN(scalar.rows().largest(values, count)));
        assertTrue(Float.isNaN(vector.rows().largest(values, count)));
      }
    }
  }

  @Test
  void hashesAgreeAndKnowOneZero() {
    SplittableRandom random = new SplittableRandom(5);
    for (int columns = 1; columns <= 70; columns++) {
      int[] high = random.ints(columns).map(factor -> factor | 1).toArray();
      int[] low = random.ints(columns).map(factor -> factor | 1).toArray();
      float[] rows = new float[3 + columns];
      for (int i = 0; i < rows.length; i++) {
        rows[i] = random.nextInt(4);
      }
      long hash = scalar.rows().hash(rows, 3, high, low);
      assertEquals(hash, vector.rows().hash(rows, 3, high, low));
      for (int column = 0; column < columns; column++) {
        float[] other = rows.clone();
        other[3 + column] = rows[3 + column] == 0 ? -0f : rows[3 + column];
        assertEquals(hash, vector.rows().hash(other, 3, high, low));
        other[3 + column] += 2;
        assertNotEquals(hash, vector.rows().hash(other, 3, high, low));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("columns")
  void addWeightedRows(int columns) {
    for (int count : COUNTS) {
      float[] rows = floats(3, OFFSET + count * columns);
      double[] weights = doubles(4, count);
      double[] before = doubles(5, columns);
      double[] one = before.clone();
      double[] other = before.clone();
      scalar.rows().addWeighted(rows, OFFSET, count, columns, weights, one);
      vector.rows().addWeighted(rows, OFFSET, count, columns, weights, other);
      assertArrayEquals(one, other);
      for (int c = 0; c < columns; c++) {
        double sum = before[c];
        double sizes = Math.abs(sum);
        for (int row = 0; row < count; row++) {
          double term = weights[row] * rows[OFFSET + row * columns + c];
          sum += term;
          sizes += Math.abs(term);
        }
        assertEquals(sum, one[c], tolerance(count, UNIT_DOUBLE, sizes));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("columns")
  void laneProducts(int columns) {
    float[] points = floats(6, columns * POINTS);
    for (int count : COUNTS) {
      float[] rows = floats(7, OFFSET + count * columns);
      float[] one = dirty(count * scalar.lanes());
      float[] other = dirty(count * vector.lanes());
      scalar.products().multiply(rows, OFFSET, count, columns, inLanes(scalar, points), one);
      vector.products().multiply(rows, OFFSET, count, columns, inLanes(vector, points), other);
      float[] found = ofPoints(one, other);
      for (int i = 0; i < found.length; i++) {
        double sum = 0;
        double sizes = 0;
        for (int c = 0; c < columns; c++) {
          double term =
              (double) rows[OFFSET + i / POINTS * columns + c] * points[c * POINTS + i % POINTS];
          sum += term;
          sizes += Math.abs(term);
        }
        int longest = FloatOps.LANE_SEGMENT + columns / FloatOps.LANE_SEGMENT;
        assertEquals(sum, found[i], tolerance(Math.min(columns, longest), UNIT_FLOAT, sizes));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("columns")
  void laneSquaredDifferencesAt(int columns) {
    float[] points = floats(31, columns * POINTS);
    for (int count : COUNTS) {
      float[] rows = floats(32, OFFSET + count * columns);
      for (int i = 0; i < rows.length; i++) {
        rows[i] += 1e4f; // Far from the origin, where products would lose every digit.
      }
      float[] far = points.clone();
      for (int i = 0; i < far.length; i++) {
        far[i] += 1e4f;
      }
      // Every second row first, then the others.
      int[] offsets = new int[count];
      for (int i = 0; i < count; i++) {
        int row = 2 * i < count ? 2 * i : 2 * (i - (count + 1) / 2) + 1;
        offsets[i] = OFFSET + row * columns;
      }
      float[] one = dirty(count * scalar.lanes());
      float[] other = dirty(count * vector.lanes());
      scalar
          .products()
          .squaredDifferencesAt(rows, offsets, count, columns, inLanes(scalar, far), one);
      vector
          .products()
          .squaredDifferencesAt(rows, offsets, count, columns, inLanes(vector, far), other);
      float[] found = ofPoints(one, other);
      for (int i = 0; i < found.length; i++) {
        double sum = 0;
        for (int c = 0; c < columns; c++) {
          double difference = (double) rows[offsets[i / POINTS] + c] - far[c * POINTS + i % POINTS];
          sum += difference * difference;
        }
        assertEquals(sum, found[i], tolerance(columns, UNIT_FLOAT, sum));
      }
    }
  }

  /** What a method overwrites holds something else before. */
  private static float[] dirty(int count) {
    float[] values = new float[count];
    Arrays.fill(values, 777);
    return values;
  }

  @ParameterizedTest
  @MethodSource("columns")
  void addLaneRows(int columns) {
    float[] before = floats(8, columns * POINTS);
    for (int count : COUNTS) {
      float[] rows = floats(9, OFFSET + count * columns);
      float[] weights = floats(10, count * POINTS);
      float[] one = inLanes(scalar, before);
      float[] other = inLanes(vector, before);
      scalar.products().addRows(rows, OFFSET, count, columns, inLanes(scalar, weights), one);
      vector.products().addRows(rows, OFFSET, count, columns, inLanes(vector, weights), other);
      float[] found = ofPoints(one, other);
      for (int i = 0; i < found.length; i++) {
        double sum = before[i];
        double sizes = Math.abs(sum);
        for (int row = 0; row < count; row++) {
          double term =
              (double) rows[OFFSET + row * columns + i / POINTS]
                  * weights[row * POINTS + i % POINTS];
          sum += term;
          sizes += Math.abs(term);
        }
        assertEquals(sum, found[i], tolerance(count, UNIT_FLOAT, sizes));
      }
    }
  }

  @Test
  void addLaneWeights() {
    for (int count : new int[] {1, 2, 3, 4, 5, 8, 17, 1000}) {
      float[] before = floats(11, POINTS);
      float[] weights = floats(12, count * POINTS);
      float[] one = inLanes(scalar, before);
      float[] other = inLanes(vector, before);
      scalar.products().addWeights(count, inLanes(scalar, weights), one);
      vector.products().addWeights(count, inLanes(vector, weights), other);
      float[] found = ofPoints(one, other);
      for (int lane = 0; lane < POINTS; lane++) {
        double sum = before[lane];
        double sizes = Math.abs(sum);
        for (int row = 0; row < count; row++) {
          sum += weights[row * POINTS + lane];
          sizes += Math.abs(weights[row * POINTS + lane]);
        }
        assertEquals(sum, found[lane], tolerance(count, UNIT_FLOAT, sizes));
      }
    }
  }

  static Stream<float[]> norms() {
    // Products of 0: the squared distance is the sum of the norms, so its size is chosen here.
    return Stream.of(
        new float[] {0, 1e-12f, 1e-11f, 9.9999e-11f, 1e-10f, 1.0001e-10f, 1e-9f, 1e-4f},
        new float[] {1, 2, 3.5f, 1e4f, 1e8f, 9.9999e19f, 1e20f, 1.0001e20f, 1e30f, 3e38f},
        new float[] {Float.POSITIVE_INFINITY, Float.NaN, 1, 0, Float.NaN});
  }

  @ParameterizedTest
  @MethodSource("norms")
  void laneWeightsAreZeroOutsideOfTheReferencesClip(float[] squared) {
    int count = squared.length;
    float epsilon = 1e-8f;
    float[] rowNorms = new float[OFFSET + count];
    System.arraycopy(squared, 0, rowNorms, OFFSET, count);
    for (FloatOps ops : new FloatOps[] {scalar, vector}) {
      int lanes = ops.lanes();
      float[] weights = dirty(count * lanes);
      boolean cancelled =
          ops.distances()
              .gradientWeights(
                  rowNorms,
                  OFFSET,
                  count,
                  new float[lanes],
                  epsilon,
                  new float[count * lanes],
                  weights);
      assertEquals(false, cancelled);
      for (int i = 0; i < weights.length; i++) {
        float s = squared[i / lanes];
        double expected = 0;
        if (s > 1e-10f && s < 1e20f) {
          expected = 1 / (Math.sqrt(s) * (Math.sqrt(s) + epsilon));
        }
        assertEquals(expected, weights[i], tolerance(3, UNIT_FLOAT, expected), () -> "of " + s);
      }
    }
  }

  @Test
  void laneWeightsAgreeBitByBit() {
    for (int count : COUNTS) {
      float[] rowNorms = squares(13, OFFSET + count);
      float[] pointNorms = squares(14, POINTS);
      // Some products exceed half the norms: negative squared distances, of which the root is NaN.
      float[] products = floats(15, count * POINTS);
      float[] one = dirty(count * scalar.lanes());
      float[] other = dirty(count * vector.lanes());
      boolean first = weights(scalar, rowNorms, count, pointNorms, products, one);
      boolean second = weights(vector, rowNorms, count, pointNorms, products, other);
      float[] found = ofPoints(one, other);
      assertEquals(first, second);
      for (int i = 0; i < found.length; i++) {
        float norms = rowNorms[OFFSET + i / POINTS] + pointNorms[i % POINTS];
        double s = norms - 2.0 * products[i];
        double expected = s > 0 ? 1 / (Math.sqrt(s) * (Math.sqrt(s) + 0.25f)) : 0;
        // 1/s loses digits where s does, so the bound is of the norms that cancel.
        double sizes = expected * Math.max(1, norms / Math.abs(s));
        assertEquals(expected, found[i], tolerance(6, UNIT_FLOAT, sizes));
      }
    }
  }

  private static boolean weights(
      FloatOps ops, float[] rows, int count, float[] points, float[] products, float[] out) {
    return ops.distances()
        .gradientWeights(
            rows, OFFSET, count, inLanes(ops, points), 0.25f, inLanes(ops, products), out);
  }

  private static float[] squares(int seed, int count) {
    float[] values = floats(seed, count);
    for (int i = 0; i < count; i++) {
      values[i] *= values[i];
    }
    return values;
  }

  @Test
  void oneCancelledEntryInAnyLaneAndRowIsReported() {
    for (FloatOps ops : new FloatOps[] {scalar, vector}) {
      int lanes = ops.lanes();
      for (int i = 0; i < 3 * lanes; i++) {
        // Norms 1 + 1: the threshold of 1/64 of 2 is passed at a product of 1 - 1/64.
        float[] products = new float[3 * lanes];
        products[i] = 1 - 1f / 64;
        assertEquals(false, cancels(ops, products), "at the threshold");
        products[i] = Math.nextUp(products[i]);
        assertTrue(cancels(ops, products), "beyond it, at " + i);
      }
    }
  }

  private static boolean cancels(FloatOps ops, float[] products) {
    float[] ones = new float[ops.lanes()];
    Arrays.fill(ones, 1);
    return ops.distances()
        .gradientWeights(ones, 0, 3, ones, 1e-8f, products, new float[products.length]);
  }

  @ParameterizedTest
  @MethodSource("norms")
  void laneDistancesAreClippedAsInTheReference(float[] squared) {
    int count = squared.length;
    float epsilon = 1e-8f;
    for (FloatOps ops : new FloatOps[] {scalar, vector}) {
      int lanes = ops.lanes();
      float[] distances = new float[count * lanes]; // products of 0
      float[] losses = new float[count * lanes];
      boolean lost =
          ops.distances().withEpsilon(count, squared, new float[lanes], epsilon, distances, losses);
      boolean anyLost = false;
      for (int i = 0; i < distances.length; i++) {
        float s = squared[i / lanes];
        anyLost |= !Float.isFinite(s);
        double clipped = Math.clamp(s, 1e-10, 1e20);
        if (Float.isFinite(s)) {
          double expected = Math.sqrt(clipped) + epsilon;
          assertEquals(expected, distances[i], tolerance(2, UNIT_FLOAT, expected), () -> "of " + s);
        } else {
          assertTrue(Float.isNaN(distances[i]), () -> "of " + s);
        }
        double loss = Float.isFinite(s) ? s / Math.max(s, 1e-10) : 0;
        assertEquals(loss, losses[i], tolerance(2, UNIT_FLOAT, loss), () -> "loss of " + s);
      }
      assertEquals(anyLost, lost);
    }
  }

  @Test
  void laneDistancesAgreeBitByBit() {
    for (int count : COUNTS) {
      float[] rowNorms = squares(13, count);
      float[] pointNorms = squares(14, POINTS);
      // Some products exceed half the norms, or nearly: these entries are lost.
      float[] products = floats(15, count * POINTS);
      float[] losses = squares(16, count * POINTS);
      float[] one = inLanes(scalar, products);
      float[] other = inLanes(vector, products);
      float[] oneLosses = inLanes(scalar, losses);
      float[] otherLosses = inLanes(vector, losses);
      boolean first =
          scalar
              .distances()
              .withEpsilon(count, rowNorms, inLanes(scalar, pointNorms), 0.25f, one, oneLosses);
      boolean second =
          vector
              .distances()
              .withEpsilon(count, rowNorms, inLanes(vector, pointNorms), 0.25f, other, otherLosses);
      float[] found = ofPoints(one, other);
      float[] foundLosses = ofPoints(oneLosses, otherLosses);
      assertEquals(first, second);
      for (int i = 0; i < found.length; i++) {
        float norms = rowNorms[i / POINTS] + pointNorms[i % POINTS];
        float s = Math.fma(-2f, products[i], norms);
        boolean lost = s < norms / 64;
        assertEquals(lost, Float.isNaN(found[i]));
        if (!lost) {
          double expected = Math.sqrt(s) + 0.25;
          assertEquals(expected, found[i], tolerance(2, UNIT_FLOAT, expected));
        }
        double loss = losses[i] + (lost ? 0 : norms / s);
        assertEquals(loss, foundLosses[i], tolerance(2, UNIT_FLOAT, loss));
      }
    }
  }

  @Test
  void oneLostDistanceInAnyLaneAndRowIsReported() {
    for (FloatOps ops : new FloatOps[] {scalar, vector}) {
      int lanes = ops.lanes();
      float[] ones = new float[lanes];
      Arrays.fill(ones, 1);
      for (int i = 0; i < 3 * lanes; i++) {
        float[] products = new float[3 * lanes];
        products[i] = 1 - 1f / 64;
        assertEquals(false, distances(ops, ones, products.clone()), "at the threshold");
        products[i] = Math.nextUp(products[i]);
        assertTrue(distances(ops, ones, products), "beyond it, at " + i);
        for (int j = 0; j < products.length; j++) {
          assertEquals(i == j, Float.isNaN(products[j]));
        }
      }
    }
  }

  private static boolean distances(FloatOps ops, float[] norms, float[] products) {
    return ops.distances()
        .withEpsilon(3, norms, norms, 1e-8f, products, new float[products.length]);
  }

  /** A hit is what the limit lets through, NaN included; lists go on where they ended. */
  @Test
  void laneHits() {
    float share = 0x1p-10f;
    for (int count : COUNTS) {
      for (int used : new int[] {1, 7, POINTS}) {
        float[] rowNorms = squares(21, count);
        float[] pointNorms = squares(22, POINTS);
        pointNorms[3] = Float.POSITIVE_INFINITY;
        float[] limits = floats(23, POINTS);
        limits[5] = Float.POSITIVE_INFINITY;
        limits[6] = Float.NEGATIVE_INFINITY;
        float[] products = floats(24, count * POINTS);
        products[3] = Float.POSITIVE_INFINITY; // less an infinite norm: NaN
        for (FloatOps ops : new FloatOps[] {scalar, vector}) {
          int lanes = ops.lanes();
          int stride = 2 * lanes + 3;
          int[] points = new int[count * stride];
          float[] bounds = dirty(count * stride);
          int[] sizes = new int[count];
          Arrays.fill(sizes, 2);
          ops.near()
              .find(
                  count,
                  used,
                  rowNorms,
                  inLanes(ops, pointNorms),
                  inLanes(ops, limits),
                  share,
                  inLanes(ops, products),
                  1000,
                  stride,
                  points,
                  bounds,
                  sizes);
          for (int row = 0; row < count; row++) {
            int entry = row * stride + 2;
            for (int lane = 0; lane < used; lane++) {
              float norms = rowNorms[row] + pointNorms[lane];
              float product = products[row * POINTS + lane];
              float bound = Math.fma(-share, norms, Math.fma(-2f, product, norms));
              if (!(bound > limits[lane])) {
                assertEquals(1000 + lane, points[entry]);
                assertEquals(bound, bounds[entry]);
                entry++;
              }
            }
            assertEquals(entry - row * stride, sizes[row]);
            assertEquals(777, bounds[row * stride + 1], "what was in the list");
          }
          assertEquals(used > 3, contains(points, 1003), "NaN is a hit");
        }
      }
    }
  }

  private static boolean contains(int[] values, int value) {
    return Arrays.stream(values).anyMatch(other -> other == value);
  }

  /** Parts of every length, kept in place from the beginning of the list on. */
  @Test
  void keepNearer() {
    SplittableRandom random = new SplittableRandom(25);
    float[] limits = squares(26, 300);
    limits[7] = 0;
    for (int length = 0; length <= FloatOps.KEPT_TOGETHER; length += length < 70 ? 1 : 31) {
      int from = 5 + random.nextInt(40);
      int to = from + length;
      int[] points = random.ints(to + 3, 0, 300).toArray();
      float[] distances = squares(27, to + 3);
      int kept = random.nextInt(from + 1);
      int[] onePoints = points.clone();
      int[] otherPoints = points.clone();
      float[] oneDistances = distances.clone();
      float[] otherDistances = distances.clone();
      double[] one = new double[16];
      double[] other = new double[16];
      int end = scalar.near().keepNearer(from, to, kept, onePoints, oneDistances, limits, one);
      assertEquals(
          end,
          vector.near().keepNearer(from, to, kept, otherPoints, otherDistances, limits, other));
      assertArrayEquals(one, other);
      assertArrayEquals(
          Arrays.copyOf(onePoints, end), Arrays.copyOf(otherPoints, end), "points kept");
      assertArrayEquals(Arrays.copyOf(oneDistances, end), Arrays.copyOf(otherDistances, end));
      assertArrayEquals(
          Arrays.copyOfRange(points, to, to + 3), Arrays.copyOfRange(otherPoints, to, to + 3));
      double[] expected = new double[16];
      Arrays.fill(expected, 1);
      int next = kept;
      for (int e = from; e < to; e++) {
        if (distances[e] < limits[points[e]]) {
          assertEquals(points[e], onePoints[next]);
          assertEquals(distances[e], oneDistances[next]);
          next++;
          expected[(e - from) % 16] *= (double) limits[points[e]] / distances[e];
        }
      }
      assertEquals(next, end);
      assertArrayEquals(Arrays.copyOf(points, kept), Arrays.copyOf(onePoints, kept), "before");
      for (int i = 0; i < 16; i++) {
        assertEquals(expected[i], one[i], expected[i] * tolerance(length, UNIT_FLOAT, 1));
      }
    }
  }

  @Test
  void multiply() {
    for (FloatOps ops : List.of(scalar, vector)) {
      int quarter = ops.lanes() / 4;
      for (int count = 0; count < 10; count++) {
        float[] values = floats(17, 10 * ops.lanes());
        double[] products = doubles(18, 10 * quarter);
        double[] expected = products.clone();
        for (int i = 0; i < count * quarter; i++) {
          int lane = i / quarter * ops.lanes() + i % quarter;
          double first = (double) values[lane] * values[lane + quarter];
          double second = (double) values[lane + 2 * quarter] * values[lane + 3 * quarter];
          expected[i] *= first * second;
        }
        ops.totals().multiply(count, values, products);
        assertArrayEquals(expected, products, ops.name());
      }
    }
  }

  @Test
  void theVectorKernelIsNamedAfterItsRegisters() {
    assertEquals("vector" + vector.lanes() / 2 * Float.SIZE, vector.name());
    assertEquals("scalar", scalar.name());
  }
}
