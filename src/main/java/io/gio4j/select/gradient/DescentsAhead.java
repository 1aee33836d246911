package io.gio4j.select.gradient;

import io.gio4j.internal.divergence.LaneDescents;
import io.gio4j.internal.divergence.TargetModel;
import io.gio4j.random.PythonRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.DoubleSupplier;

/**
 * Computes the descents of the next iterations together, in advance.
 *
 * <p>A descent depends on its start, its steps and the size of the selection, never on which rows
 * were picked. As long as no stop rule fires all three are known in advance: the size grows by one,
 * and the start is the mean or a row that is drawn ahead on a copy of the random generator. When a
 * rule fires, the descents computed in advance no longer fit and are dropped; the result is the
 * same either way.
 *
 * <p>The window doubles each time its descents are used up, from one per lane to {@link
 * #MAX_WINDOW} per lane, so a search that ends early wastes little.
 */
final class DescentsAhead {
  /** Most descents per lane, more than one so that lanes stay busy when numbers of steps differ. */
  private static final int MAX_WINDOW = 4;

  private final GradientSearchConfig config;
  private final TargetModel target;
  private final DoubleSupplier rate;
  private final LaneDescents lanes;
  private final double[] mean;
  private final Deque<Ahead> queue = new ArrayDeque<>();
  private int window;

  private record Key(DescentStart start, int steps, int selected) {}

  private record Ahead(Key key, double[] end) {}

  private DescentsAhead(GradientSearchConfig config, TargetModel target, DoubleSupplier rate) {
    this.config = config;
    this.target = target;
    this.rate = rate;
    this.lanes = new LaneDescents(target);
    this.mean = target.mean();
    this.window = lanes.width();
  }

  /** {@return null where a descent depends on the one before, or lanes do not suit the target} */
  static DescentsAhead of(GradientSearchConfig config, TargetModel target, DoubleSupplier rate) {
    boolean chained =
        config.gradient().startVector() == StartVector.PREV_OPT || config.discardNearest();
    return chained || !LaneDescents.suit(target) ? null : new DescentsAhead(config, target, rate);
  }

  /**
   * {@return the point where a descent ends}
   *
   * @param random the generator just after the draws for this descent
   * @param atMost iterations that may still follow, this one included
   */
  double[] end(DescentStart start, int steps, int selected, PythonRandom random, long atMost) {
    Key key = new Key(start, steps, selected);
    if (queue.isEmpty() || !queue.peek().key().equals(key)) {
      if (!queue.isEmpty()) {
        queue.clear();
        window = lanes.width();
      }
      compute(key, random.copy(), Math.clamp(atMost, 1, window));
      window = Math.min(2 * window, MAX_WINDOW * lanes.width());
    }
    return queue.remove().end();
  }

  private void compute(Key first, PythonRandom random, int count) {
    List<Key> keys = new ArrayList<>();
    List<LaneDescents.Task> tasks = new ArrayList<>();
    Key key = first;
    for (int i = 0; i < count; i++) {
      keys.add(key);
      tasks.add(
          new LaneDescents.Task(
              key.start().isMean() ? mean : target.row(key.start().row()),
              key.steps(),
              rate.getAsDouble(),
              key.selected()));
      DescentStart start =
          DescentStart.next(config.gradient().startVector(), target.rows(), random);
      boolean extended = random.nextDouble() < config.randomRestartProbability();
      int steps = (extended ? GradientSearch.LONG_DESCENT : 1) * config.gradient().steps();
      key = new Key(start, steps, key.selected() + 1);
    }
    double[][] ends = lanes.run(tasks);
    for (int i = 0; i < count; i++) {
      queue.add(new Ahead(keys.get(i), ends[i]));
    }
  }
}
