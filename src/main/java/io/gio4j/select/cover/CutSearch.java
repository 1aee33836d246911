package io.gio4j.select.cover;

import io.gio4j.internal.Execution;
import io.gio4j.internal.Scratch;
import io.gio4j.internal.select.Picks;
import io.gio4j.internal.select.RowWeights;
import io.gio4j.internal.select.Scored;
import io.gio4j.select.StopReason;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.PriorityQueue;

/**
 * The lazy greedy of {@link Graphcut}.
 *
 * <p>A row's gain only falls as others are selected. So the rows that gain most are kept as a
 * shortlist, whose similarity to each pick is computed at once; as long as the best of them gains
 * more than the best of the other rows did, none of these can be ahead. Else all rows are brought
 * up to date, by one product with the picks made since, of which up to 32 cost as much as one.
 */
final class CutSearch {
  /** Rows of the shortlist: this share of all, within bounds. */
  private static final int SHORTLIST_OF = 16;

  private static final int LEAST_SHORTLIST = 256;
  private static final int LARGEST_SHORTLIST = 4096;

  /** Rows of a task of the shortlist. */
  private static final int GROUP = 64;

  private final Comparison comparison;
  private final double redundancy;
  private final Picks picks;
  private final RowWeights weights;
  private final Execution execution;
  private final ComparedRows pool;

  /** The largest squared distance, as it is compared; 0 for other similarities. */
  private final double largest;

  private final double startingObjective;

  /** By pool row, the sum of its similarities to the target. */
  private final double[] relevance;

  /** By pool row, the sum of its similarities to the selected rows, of which it is up to date. */
  private final double[] similar;

  private final Points picked;
  private final LongArrayList pickedWeights = new LongArrayList();

  /** Rows that are picked or forbidden. */
  private final BitSet isOut;

  /** How many picks the rows that are not on the shortlist know of. */
  private int known;

  private final BitSet listed = new BitSet();
  private int[] shortlist = {};
  private RowBatch[] batches = {};

  /** The best row that is not on the shortlist, as far as it knows; null if there is none. */
  private Scored nextBest;

  private final Scratch<Pairs> groupPairs;
  private final Scratch<Pairs> blockPairs;
  private final Scratch<RowBatch> blockRows;

  CutSearch(Comparison comparison, double redundancy, Picks picks) {
    this.comparison = comparison;
    this.redundancy = redundancy;
    this.picks = picks;
    this.weights = picks.weights();
    this.isOut = picks.forbidden();
    this.execution = comparison.execution();
    this.pool = comparison.pool();
    Points targets = Points.targets(comparison);
    FullPass ofPool = FullPass.plain(comparison, pool, targets, execution);
    ComparedRows existing = comparison.existing();
    Execution within = execution.withinStage();
    FullPass ofExisting =
        existing == null ? null : FullPass.plain(comparison, existing, targets, within);
    this.largest = largest(ofPool, ofExisting);
    this.relevance = relevance(ofPool, targets.size());
    if (existing == null) {
      this.similar = new double[pool.count()];
      this.startingObjective = Double.NaN;
    } else {
      Points others = Points.all(existing, comparison.ops(), execution);
      double[] levels = FullPass.levels(others, comparison.ops(), -largest);
      this.similar = FullPass.above(levels, comparison, pool, others, within).sums;
      double[] mutual = FullPass.above(levels, comparison, existing, others, within).sums;
      this.startingObjective =
          total(relevance(ofExisting, targets.size())) * comparison.withTarget()
              - redundancy * total(mutual) * comparison.withinPool();
    }
    this.picked = Points.none(pool, comparison.ops());
    int blockSize = pool.rows().blockRows();
    this.groupPairs = new Scratch<>(() -> new Pairs(comparison, GROUP));
    this.blockPairs = new Scratch<>(() -> new Pairs(comparison, blockSize));
    this.blockRows = new Scratch<>(() -> new RowBatch(pool, blockSize));
  }

  private double largest(FullPass ofPool, FullPass ofExisting) {
    if (!comparison.similarity().isDistance()) {
      return 0;
    }
    double found = ofPool.largestOfAll();
    return ofExisting == null ? found : Math.max(found, ofExisting.largestOfAll());
  }

  /** Of distances, the sums that were found are those of squared distances. */
  private double[] relevance(FullPass pass, int targets) {
    if (comparison.similarity().isDistance()) {
      for (int row = 0; row < pass.sums.length; row++) {
        pass.sums[row] = targets * largest - pass.sums[row];
      }
    }
    return pass.sums;
  }

  private static double total(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum;
  }

  private double gain(int row) {
    double weight = weights.of(row);
    double overlap = weight * pool.self(row, largest) + 2 * similar[row];
    return weight
        * (relevance[row] * comparison.withTarget()
            - redundancy * overlap * comparison.withinPool());
  }

  /**
   * Selects rows until there is a reason to end.
   *
   * @param toBudget whether to go on where every row takes something away
   */
  StopReason select(boolean toBudget) {
    if (comparison.similarity().isDistance()) {
      picks.fact("largest_squared_distance", largest * comparison.withTarget());
    }
    picks.begin(startingObjective, pool.count());
    double objective = Double.isNaN(startingObjective) ? 0 : startingObjective;
    while (!picks.full()) {
      Scored best = best();
      if (best == null) {
        return picks.ended();
      }
      double gain = -best.score();
      if (gain == 0 || (gain < 0 && !toBudget)) {
        return StopReason.SATURATED;
      }
      take(best.row());
      objective += gain;
      picks.add(best.row(), gain, objective);
    }
    return StopReason.BUDGET;
  }

  /** {@return the allowed row that gains most, the first of several; null if none is left} */
  private Scored best() {
    while (true) {
      Scored best = bestListed();
      if (best == null || (nextBest != null && best.compareTo(nextBest) >= 0)) {
        update();
        list();
        best = bestListed();
      }
      if (best == null || picks.allows(best.row())) {
        return best;
      }
      isOut.set(best.row());
    }
  }

  private Scored bestListed() {
    Scored best = null;
    for (int row : shortlist) {
      if (!isOut.get(row)) {
        Scored scored = new Scored(-gain(row), row);
        best = best == null || scored.compareTo(best) < 0 ? scored : best;
      }
    }
    return best;
  }

  private void take(int row) {
    isOut.set(row);
    picked.add(row);
    pickedWeights.add(weights.of(row));
    int last = picked.size() - 1;
    execution
        .workers()
        .run(
            batches.length,
            group -> groupPairs.use(pairs -> add(batches[group], pairs, last, true)));
  }

  /** Brings the rows that are not on the shortlist up to date. */
  private void update() {
    if (known < picked.size()) {
      execution
          .workers()
          .run(
              pool.rows().blocks(),
              block ->
                  blockRows.use(rows -> {
                    execution.progress().check();
                    rows.load(block);
                    blockPairs.use(pairs -> add(rows, pairs, known, false));
                  }));
      known = picked.size();
    }
  }

  /**
   * Adds to rows their similarity to the picks from one on, pick after pick, so that sums are the
   * same in whichever parts they are computed.
   *
   * @param ofShortlist which rows are meant: those on the shortlist, or the others
   */
  private void add(RowBatch rows, Pairs pairs, int from, boolean ofShortlist) {
    int lanes = comparison.ops().lanes();
    for (int panel = from / lanes; panel < picked.panels(); panel++) {
      execution.progress().check();
      pairs.compare(rows, picked, panel);
      int first = Math.max(from, panel * lanes);
      int end = panel * lanes + picked.used(panel);
      for (int i = 0; i < rows.count(); i++) {
        int row = rows.number(i);
        for (int pick = first; pick < end && listed.get(row) == ofShortlist; pick++) {
          double value = pairs.values()[i * lanes + pick % lanes] + largest;
          similar[row] += pickedWeights.getLong(pick) * Math.max(0, value);
        }
      }
    }
  }

  /** Makes the shortlist of the rows that gain most. */
  private void list() {
    int size = Math.clamp(pool.count() / SHORTLIST_OF, LEAST_SHORTLIST, LARGEST_SHORTLIST);
    // The last of the list comes first, since it is the next to be replaced.
    PriorityQueue<Scored> best = new PriorityQueue<>(Comparator.reverseOrder());
    nextBest = null;
    for (int row = isOut.nextClearBit(0); row < pool.count(); row = isOut.nextClearBit(row + 1)) {
      if (!picks.isOpen(row)) {
        isOut.set(row);
        continue;
      }
      best.add(new Scored(-gain(row), row));
      if (best.size() > size) {
        Scored left = best.remove();
        nextBest = nextBest == null || left.compareTo(nextBest) < 0 ? left : nextBest;
      }
    }
    shortlist = best.stream().mapToInt(Scored::row).sorted().toArray();
    listed.clear();
    for (int row : shortlist) {
      listed.set(row);
    }
    batches = new RowBatch[Math.ceilDiv(shortlist.length, GROUP)];
    for (int group = 0; group < batches.length; group++) {
      int from = group * GROUP;
      batches[group] = new RowBatch(pool, GROUP);
      batches[group].gather(shortlist, from, Math.min(GROUP, shortlist.length - from));
    }
  }
}
