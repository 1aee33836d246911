package io.gio4j.select.gradient;

import io.gio4j.Progress;
import io.gio4j.distance.LengthUnit;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.divergence.DivergenceGradient;
import io.gio4j.internal.divergence.RunningDivergence;
import io.gio4j.internal.divergence.TargetModel;
import io.gio4j.internal.select.Candidates;
import io.gio4j.internal.select.Picks;
import io.gio4j.random.PythonRandom;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import java.util.Objects;

/**
 * The paper's search: descend from a start vector along the gradient of the averaged divergence,
 * pick the candidate nearest to where the descent ends, test the stop rule, repeat.
 *
 * <p>It follows grad-info-opt 0.1.2 step by step, including the order of random draws and its
 * quirks: the candidate that fires the stop rule is removed from the pool but not selected, and one
 * row more than {@code maxIterations} can be picked.
 *
 * <p>Costs, for n target rows, N pool rows, d columns: n^2 d once, then each pick {@code 2 n d} a
 * descent step, {@code n d} for its divergence and {@code N d} for the nearest candidate. Memory:
 * one or two copies of the target, and the pool if it is under 1/32 of the heap, else only a block
 * of it.
 *
 * <p>Use it to reproduce a GIO result. Its objective has no term that keeps the picks apart.
 *
 * <p>Source: Everaert and Potts 2024 (arXiv 2306.11670), algorithm 1.
 */
public final class GradientSearch {
  /** How many times the usual steps the first descent and one after a reset have. */
  static final int LONG_DESCENT = 3;

  private final GradientSearchConfig config;

  /**
   * A search with these options.
   *
   * @param config the options
   */
  public GradientSearch(GradientSearchConfig config) {
    this.config = Objects.requireNonNull(config);
  }

  /**
   * A selection and the search's state at its end.
   *
   * @param selection rows picked, divergences, stop reason
   * @param scaleFactor the factor on the gradient that was used
   * @param point v at the end
   * @param justReset whether the stop rule fired at the last candidate
   * @param resets resets made
   * @param increases increases counted
   * @param removed pool rows that stopped being candidates since the last reset
   */
  public record Result(
      Selection selection,
      double scaleFactor,
      double[] point,
      boolean justReset,
      int resets,
      int increases,
      int[] removed) {}

  /**
   * Selects rows of the pool.
   *
   * @param request weights do not affect the objective; without existing rows the first pick is
   *     always accepted; its seed is not used
   * @param random draws start rows and restarts, in the order in which the reference draws
   * @param progress watches the search and can stop it, without the picks made so far
   * @return the selection and the search's state at its end
   * @throws IllegalArgumentException if k or the rows do not fit
   * @throws java.util.concurrent.CancellationException if {@code progress} stops it
   * @throws io.gio4j.data.UnreadableInputException if rows cannot be read
   */
  public Result select(SelectionRequest request, PythonRandom random, Progress progress) {
    return select(request, random, Execution.watchedBy(progress));
  }

  /** Runs with the given workers and SIMD operations, which tests choose. */
  Result select(SelectionRequest request, PythonRandom random, Execution execution) {
    Picks picks = new Picks(request, execution).withoutCounts();
    Run run = new Run(request, random, execution, picks);
    StopReason reason = run.run();
    return run.result(picks.selection(reason));
  }

  /** Adds picks to a selection, and returns why it ended. */
  StopReason run(SelectionRequest request, PythonRandom random, Execution execution, Picks picks) {
    return new Run(request, random, execution, picks).run();
  }

  private final class Run {
    private final Execution execution;
    private final PythonRandom random;
    private final TargetModel target;
    private final RunningDivergence divergence;
    private final DivergenceGradient gradient;
    private final Candidates candidates;
    private final StopRule stopRule;
    private final DescentsAhead ahead;
    private final double[] mean;
    private final double scaleFactor;

    private final Picks picks;
    private DescentStart start;
    private double[] point;
    private double previous;

    Run(SelectionRequest request, PythonRandom random, Execution execution, Picks picks) {
      int existingRows = request.existing() == null ? 0 : request.existing().rows();
      if (config.discardNearest() && existingRows < 2) {
        throw new IllegalArgumentException(
            "existing: has %d rows; leaving out the nearest needs at least 2"
                .formatted(existingRows));
      }
      this.picks = picks;
      this.execution = execution;
      this.random = random;
      double unit = config.unit().of(request.target(), request.pool());
      this.target = new TargetModel(request.target(), config.gradient().eps(), unit, execution);
      this.candidates = new Candidates(request.pool(), picks.forbidden(), execution);
      this.divergence =
          new RunningDivergence(target, config.gradient().k(), config.discardNearest());
      if (request.existing() != null) {
        addExisting(RowBlocks.of(request.existing(), execution));
      }
      this.previous = existingRows == 0 ? Double.NaN : divergence.value();
      this.gradient = new DivergenceGradient(target);
      this.mean = target.mean();
      draw(random);
      this.scaleFactor =
          config.gradient().scaleFactor() == null
              ? automaticScale()
              : config.gradient().scaleFactor();
      picks.fact("scale_factor", scaleFactor);
      this.stopRule = new StopRule(config.stop(), request.pool().rows());
      this.ahead = DescentsAhead.of(config, target, this::rate);
    }

    private void addExisting(RowBlocks existing) {
      execution.progress().stage("start rows", existing.rows());
      for (int row = 0; row < existing.rows(); row++) {
        divergence.measure(existing.row(row));
        divergence.add();
        execution.progress().advance(row + 1L);
      }
    }

    private double rate() {
      return config.gradient().learningRate() * scaleFactor;
    }

    private double automaticScale() {
      double[] slope = new double[point.length];
      gradient.gradient(point, divergence.selected(), nearestSquared(), slope);
      double scale = norm(point) / norm(slope);
      // Where the gradient at the start is 0 the reference's v becomes NaN and it picks rows in
      // order; with another unit v stays, so that the rows nearest to it are picked.
      boolean asReference = config.unit() == LengthUnit.ONE;
      return asReference || Double.isFinite(scale) ? scale : 0;
    }

    /** The squared distances that the gradient needs if the nearest is left out; else null. */
    private double[] nearestSquared() {
      return divergence.nearestSquared();
    }

    /** Sets the start of the next descent; with JUMP a target row is drawn. */
    private void draw(PythonRandom from) {
      start = DescentStart.next(config.gradient().startVector(), target.rows(), from);
      if (start.isMean()) {
        point = mean.clone();
      } else {
        point = target.row(start.row());
      }
    }

    StopReason run() {
      picks.begin(previous, config.maxIterations() + 1L);
      StopReason reason = null;
      int iteration = 0;
      while (reason == null) {
        execution.progress().check();
        if (picks.full()) {
          reason = StopReason.BUDGET;
          break;
        }
        if (candidates.left() == 0) {
          reason = picks.ended();
          break;
        }
        boolean first = iteration == 0 || stopRule.justReset();
        boolean extended = first || random.nextDouble() < config.randomRestartProbability();
        int steps = (extended ? LONG_DESCENT : 1) * config.gradient().steps();
        descend(steps, first);

        int row = candidates.nearest(point);
        candidates.remove(row);
        double kl = divergence.measure(candidates.row(row));
        execution.progress().iteration(iteration, kl);

        if (picks.count() > config.maxIterations()) {
          reason = StopReason.MAX_ITERATIONS;
          break;
        }
        if (config.gradient().startVector() != StartVector.PREV_OPT) {
          draw(random);
        }
        switch (stopRule.judge(kl, previous, iteration)) {
          case ACCEPT -> {
            divergence.add();
            picks.add(row, previous - kl, kl);
            previous = kl;
            iteration++;
          }
          case RESET -> {
            execution.progress().reset(iteration);
            candidates.reset();
            iteration--;
            if (config.gradient().startVector() == StartVector.PREV_OPT) {
              point = mean.clone();
            }
          }
          case STOP -> {
            picks.rejected(kl);
            reason = config.stop().criterion().reason();
          }
        }
      }
      return reason;
    }

    Result result(Selection selection) {
      return new Result(
          selection,
          scaleFactor,
          point,
          stopRule.justReset(),
          stopRule.resets(),
          stopRule.increases(),
          candidates.removed());
    }

    private void descend(int steps, boolean first) {
      if (ahead != null && !first) {
        long picksLeft =
            Math.min(
                Math.min(config.maxIterations() + 1L - picks.count(), picks.left()),
                candidates.left());
        point = ahead.end(start, steps, divergence.selected(), random, picksLeft);
      } else {
        gradient.descend(point, steps, rate(), divergence.selected(), nearestSquared());
      }
    }
  }

  private static double norm(double[] vector) {
    double sum = 0;
    for (double value : vector) {
      sum += value * value;
    }
    return Math.sqrt(sum);
  }
}
