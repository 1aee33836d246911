package io.gio4j.benchmarks;

import io.gio4j.internal.simd.FloatOps;
import io.gio4j.internal.simd.SimdProvider;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One block of rows (40 x 768) through each operation. Shows a tile that spills: such a one is four
 * times slower than its neighbour. Operations are multiply-adds, so a score of 100 {@code ops/ns}
 * is 200 GFLOP/s. Run with {@code -jvmArgsAppend -XX:MaxVectorSize=32} for the 256-bit tiles.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class FloatOpsBenchmark {
  private static final int ROWS = 40;
  private static final int COLUMNS = 768;

  /** Operations of the products; the annotation needs a constant. */
  private static final int LANES = 16;

  /** A block and room for every result. */
  @State(Scope.Thread)
  public static class Block {
    @Param({"vector", "scalar"})
    public String simd;

    FloatOps ops;
    final float[] rows = new float[ROWS * COLUMNS];
    final double[] point = new double[COLUMNS];
    final double[] distances = new double[ROWS];
    final double[] sum = new double[COLUMNS];
    float[] points;
    float[] products;
    float[] weights;
    float[] sums;
    final float[] rowNorms = new float[ROWS];
    float[] pointNorms;

    @Setup
    public void fill() {
      ops = simd.equals("scalar") ? SimdProvider.scalar() : SimdProvider.vector();
      int lanes = ops.lanes();
      points = new float[COLUMNS * lanes];
      products = new float[ROWS * lanes];
      weights = new float[ROWS * lanes];
      sums = new float[COLUMNS * lanes];
      pointNorms = new float[lanes];
      Random random = new Random(1);
      for (int i = 0; i < rows.length; i++) {
        rows[i] = (float) random.nextGaussian();
      }
      for (int i = 0; i < points.length; i++) {
        points[i] = (float) random.nextGaussian();
      }
      java.util.Arrays.fill(rowNorms, COLUMNS);
      java.util.Arrays.fill(pointNorms, COLUMNS);
    }
  }

  @Benchmark
  @OperationsPerInvocation(ROWS * COLUMNS)
  public double[] squaredDistances(Block block) {
    block
        .ops
        .rows()
        .squaredDistances(block.rows, 0, ROWS, COLUMNS, block.point, block.distances, 0);
    return block.distances;
  }

  @Benchmark
  @OperationsPerInvocation(ROWS * COLUMNS)
  public double[] addWeightedRows(Block block) {
    block.ops.rows().addWeighted(block.rows, 0, ROWS, COLUMNS, block.distances, block.sum);
    return block.sum;
  }

  /** Per 16 lanes: multiply the score by {@code lanes / 16} (2 at 512 bit). */
  @Benchmark
  @OperationsPerInvocation(ROWS * COLUMNS * LANES)
  public float[] laneProducts(Block block) {
    block.ops.products().multiply(block.rows, 0, ROWS, COLUMNS, block.points, block.products);
    return block.products;
  }

  /** Per 16 lanes: multiply the score by {@code lanes / 16} (2 at 512 bit). */
  @Benchmark
  @OperationsPerInvocation(ROWS * COLUMNS * LANES)
  public float[] addLaneRows(Block block) {
    block.ops.products().addRows(block.rows, 0, ROWS, COLUMNS, block.weights, block.sums);
    return block.sums;
  }

  @Benchmark
  @OperationsPerInvocation(ROWS * LANES)
  public boolean laneWeights(Block block) {
    return block
        .ops
        .distances()
        .gradientWeights(
            block.rowNorms, 0, ROWS, block.pointNorms, 1e-8f, block.products, block.weights);
  }
}
