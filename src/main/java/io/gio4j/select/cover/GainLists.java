package io.gio4j.select.cover;

import io.gio4j.internal.simd.FloatOps;
import java.util.Arrays;

/**
 * For some pool rows, the points that they would add something to, with the numbers compared.
 *
 * <p>Levels only rise, so a list only becomes shorter, and a row with a list never needs a product
 * again. After a hundred picks a row typically adds something to a hundredth of the points.
 *
 * <p>Lists take 8 bytes a point, in all at most the bytes allowed. Rows without one are compared
 * with all points, with the same bits. Different rows can be worked on by different threads.
 */
final class GainLists {
  /** Lists of more than this share of the points, and of more than so many, are not kept. */
  private static final int ONE_OF = 4;

  private static final int ALWAYS = 256;

  /** A list with this fraction of its room in use is copied into less room. */
  private static final int SPARSE = 4;

  private static final int BYTES_OF_POINT = 8;

  /** Points of a chunk, ascending, and the numbers that a row has with them. */
  record Part(int[] points, float[] values) {}

  private final int most;
  private final int[][] points;
  private final float[][] values;
  private final int[] counts;
  private long room;

  GainLists(int rows, int ofPoints, long bytes) {
    this.most = Math.max(ofPoints / ONE_OF, Math.min(ofPoints, ALWAYS));
    this.points = new int[rows][];
    this.values = new float[rows][];
    this.counts = new int[rows];
    this.room = bytes;
  }

  /** {@return whether another list may be kept} */
  synchronized boolean hasRoom() {
    return room > 0;
  }

  /** {@return the points of a list, at most} */
  int most() {
    return most;
  }

  boolean has(int row) {
    return points[row] != null;
  }

  /** {@return how many points a row's list has} */
  int count(int row) {
    return counts[row];
  }

  /** Keeps the parts of a row's list, in their order, if they are few enough. */
  void keep(int row, Part[] parts) {
    int count = 0;
    for (Part part : parts) {
      count += part.points.length;
    }
    if (count > most || !reserve((long) count * BYTES_OF_POINT)) {
      return;
    }
    int[] allPoints = new int[count];
    float[] allValues = new float[count];
    int at = 0;
    for (Part part : parts) {
      System.arraycopy(part.points, 0, allPoints, at, part.points.length);
      System.arraycopy(part.values, 0, allValues, at, part.points.length);
      at += part.points.length;
    }
    points[row] = allPoints;
    values[row] = allValues;
    counts[row] = count;
  }

  private synchronized boolean reserve(long bytes) {
    if (bytes > room) {
      return false;
    }
    room -= bytes;
    return true;
  }

  /** {@return the sum of what a row's numbers are above the levels} Points below are dropped. */
  double excess(int row, double[] levels) {
    int[] listed = points[row];
    float[] numbers = values[row];
    double[] partial = new double[FloatOps.PARTIAL_SUMS];
    double sum = 0;
    int chunk = 0;
    int left = 0;
    for (int i = 0; i < counts[row]; i++) {
      int point = listed[i];
      double excess = numbers[i] - levels[point];
      if (!(excess > 0)) {
        continue;
      }
      if (point / Excess.CHUNK != chunk) {
        sum += Excess.take(partial, 0);
        chunk = point / Excess.CHUNK;
      }
      partial[point % FloatOps.PARTIAL_SUMS] += excess;
      listed[left] = point;
      numbers[left] = numbers[i];
      left++;
    }
    counts[row] = left;
    if (left < listed.length / SPARSE) {
      points[row] = Arrays.copyOf(listed, left);
      values[row] = Arrays.copyOf(numbers, left);
      reserve(-(long) (listed.length - left) * BYTES_OF_POINT);
    }
    return sum + Excess.take(partial, 0);
  }

  /** Raises levels to a row's numbers, and forgets its list. */
  void raise(int row, double[] levels) {
    for (int i = 0; i < counts[row]; i++) {
      int point = points[row][i];
      levels[point] = Math.max(levels[point], values[row][i]);
    }
    reserve(-(long) points[row].length * BYTES_OF_POINT);
    points[row] = null;
    values[row] = null;
  }
}
