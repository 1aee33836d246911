package io.gio4j.select.coverage;

import io.gio4j.distance.LengthUnit;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.RowCopies;
import io.gio4j.internal.RowHashes;
import io.gio4j.internal.divergence.TargetModel;
import io.gio4j.internal.select.Picks;
import io.gio4j.internal.select.RowWeights;
import io.gio4j.internal.select.Scored;
import io.gio4j.select.SelectionRequest;
import java.util.Arrays;
import java.util.BitSet;
import java.util.function.IntPredicate;

/** The state of a {@link Coverage} selection: the rows, their objective, the next best row. */
final class CoverageSearch {
  /** Rows that are compared with the picks at once. */
  private static final int ROWS_OF_A_TASK = 256;

  private final TargetModel target;
  private final double[] targetWeights;
  private final double epsilon;
  private final RowBlocks pool;
  private final Picks picks;
  private final RowWeights weights;
  private final double floor;
  private final CoverageGains gains;
  private final SampleRanking sample;
  private final RowCopies copies;

  /** Rows that are selected or forbidden, or that follow an equal row which is neither. */
  private final BitSet unranked;

  private final Execution execution;
  private final SelectedRows selected;
  private CoveragePlaces places;
  private CoveragePlaces predicted;
  private double[] predictedBounds;

  /** Upper bounds of the gains of ranked rows. */
  private final double[] bounds;

  private final CoverageRanking ranking;
  private double objective;

  /** Squared distance of each target row to its nearest remaining row; null where unknown. */
  private double[] nearestLeft;

  CoverageSearch(
      SelectionRequest request,
      double epsilon,
      int k,
      Picks picks,
      long listBytes,
      Execution execution) {
    this.targetWeights = request.targetWeights();
    this.epsilon = epsilon;
    this.execution = execution;
    this.picks = picks;
    this.weights = picks.weights();
    double unit = LengthUnit.TYPICAL.of(request.target(), request.pool());
    this.target = new TargetModel(request.target(), epsilon, unit, execution);
    Radius own = new Radius(target.mean(), execution);
    own.include(target);
    Radius others = new Radius(target.mean(), execution);
    RowBlocks existing =
        request.existing() == null
            ? null
            : RowBlocks.of(request.existing(), execution, others::include);
    boolean free = existing == null || existing.rows() < k;
    this.sample = free ? SampleRanking.of(request, epsilon, unit, execution) : null;
    RowHashes hashes = new RowHashes(request.pool().rows(), request.pool().columns(), execution);
    this.pool =
        RowBlocks.of(
            request.pool(),
            execution,
            (blocks, block, rows) -> {
              hashes.include(blocks, block, rows);
              others.include(blocks, block, rows);
              if (sample != null) {
                sample.rank(blocks, block, rows);
              }
            });
    double diameter = own.largest() + others.largest();
    this.floor = 2 * target.clippedDistance(diameter * diameter) + epsilon;
    BitSet forbidden = picks.forbidden();
    this.copies = RowCopies.of(pool, hashes, forbidden, row -> (int) weights.of(row), execution);
    this.unranked = copies.later();
    unranked.or(forbidden);
    this.gains =
        new CoverageGains(
            target, targetWeights, epsilon, pool, weights, listBytes, unranked, execution);
    this.bounds = new double[pool.rows()];
    IntPredicate isOpen = picks.areLimited() ? picks::isOpen : row -> true;
    this.ranking = new CoverageRanking(gains, bounds, isOpen, this::takeOut, execution);
    execution.progress().stage("distances", pool.rows());
    this.selected = new SelectedRows(target, existing, pool, weights, execution);
    CoveragePlaces first = placesOf(k);
    begin(first, first.objective());
  }

  /** Starts a ranking for some places. */
  private void begin(CoveragePlaces begun, double startingObjective) {
    places = begun;
    objective = startingObjective;
    predicted = null;
    int[] ranked = ranked();
    if (gains.lists() == null) {
      for (int row : ranked) {
        bounds[row] = Double.POSITIVE_INFINITY;
      }
      gains.use(places);
    } else if (places.areTaken()) {
      gains.lists().makeAll(places, bounds, null);
      gains.useListed(places);
    } else {
      boundByMeans(ranked);
    }
    ranking.start(ranked);
  }

  /** {@return the rows that are ranked: neither selected, forbidden nor behind an equal one} */
  private int[] ranked() {
    int[] rows = new int[pool.rows() - unranked.cardinality()];
    int row = -1;
    for (int i = 0; i < rows.length; i++) {
      row = unranked.nextClearBit(row + 1);
      rows[i] = row;
    }
    return rows;
  }

  /** Bounds gains by a(g) while places are free, and makes the next lists if they are predicted. */
  private void boundByMeans(int[] ranked) {
    gains.use(places);
    predictPlaces();
    if (predicted == null) {
      gains.scan().findMeans(bounds);
    } else {
      predictedBounds = new double[pool.rows()];
      gains.lists().makeAll(predicted, predictedBounds, bounds);
    }
    for (int row : ranked) {
      bounds[row] = boundByMean(row, bounds[row]);
    }
  }

  /** An upper bound of a row's gain while places are free, from a lower one of a(g). */
  private double boundByMean(int row, double meanLog) {
    long copies = Math.min(weights.of(row), places.k());
    return copies * (Math.log(floor + epsilon) - meanLog);
  }

  /** Predicts the state once no place is free, if that is worth its cost. */
  private void predictPlaces() {
    // It saves a pass over the rows that are left, and costs a copy of all places.
    int left = pool.rows() - unranked.cardinality();
    if (sample == null || places.k() > (long) left * pool.columns()) {
      return;
    }
    int[] rows = sample.candidates(places.k(), unranked, this::boundByMean);
    double[] meanLogs = gains.scan().means(rows);
    Scored[] best = new Scored[rows.length];
    Arrays.setAll(best, i -> new Scored(-boundByMean(rows[i], meanLogs[i]), rows[i]));
    Arrays.sort(best);
    CoveragePlaces prediction = places.copy();
    for (int i = 0; i < best.length && !prediction.areTaken(); i++) {
      gains.take(best[i].row(), prediction);
    }
    predicted = prediction.areTaken() ? prediction : null;
  }

  /** Switches to lists, now that no place is free. */
  private void list() {
    if (predicted != null && predicted.isNowhereNearerThan(places)) {
      System.arraycopy(predictedBounds, 0, bounds, 0, bounds.length);
    } else {
      gains.lists().makeAll(places, bounds, null);
    }
    gains.useListed(places);
    predicted = null;
    predictedBounds = null;
    ranking.start(ranked());
  }

  /** {@return places for some k, held by the existing and the selected rows} */
  private CoveragePlaces placesOf(int k) {
    CoveragePlaces result = new CoveragePlaces(target, targetWeights, epsilon, k, floor);
    selected.takeAll(result);
    return result;
  }

  /** The allowed row of the largest gain, or -1 when none is left. */
  int best() {
    int row = ranking.best();
    while (row >= 0 && !picks.allows(row)) {
      ranking.skip();
      row = ranking.best();
    }
    return row;
  }

  /** Ranks the next of a row's copies in its place; returns it, -1 if there is none. */
  private int takeOut(int row) {
    int copy = copies.next(row);
    unranked.set(row);
    if (copy >= 0) {
      unranked.clear(copy);
    } else {
      nearestLeft = null;
    }
    return copy;
  }

  /** Takes all forbidden rows out, so that k is raised for the others only. */
  void leaveForbiddenOut() {
    if (!picks.areLimited()) {
      return;
    }
    int[] rows = ranked();
    boolean[] isAllowed = new boolean[rows.length];
    execution
        .workers()
        .run(
            Math.ceilDiv(rows.length, ROWS_OF_A_TASK),
            task -> {
              execution.progress().check();
              int end = Math.min(rows.length, (task + 1) * ROWS_OF_A_TASK);
              for (int i = task * ROWS_OF_A_TASK; i < end; i++) {
                isAllowed[i] = picks.allows(rows[i]);
              }
            });
    for (int i = 0; i < rows.length; i++) {
      int copy = isAllowed[i] ? -1 : takeOut(rows[i]);
      while (copy >= 0) {
        bounds[copy] = bounds[rows[i]];
        copy = picks.allows(copy) ? -1 : takeOut(copy);
      }
    }
    ranking.start(ranked());
  }

  /** What the best row adds to the objective. */
  double gain() {
    return ranking.gain();
  }

  /** Selects the best row. */
  void select() {
    int row = best();
    objective += gain();
    boolean wereTaken = places.areTaken();
    int copy = takeOut(row);
    selected.add(row, copy);
    ranking.select(copy);
    if (!wereTaken && places.areTaken() && gains.lists() != null) {
      list();
    }
  }

  /** The objective of the rows selected so far, with distances in the data's own unit. */
  double objective() {
    return objective - places.k() * Math.log(target.unit());
  }

  int k() {
    return places.k();
  }

  /** Rows selected so far, existing ones and copies included. */
  long members() {
    return places.members();
  }

  /**
   * Raises k to the next number for which some row has a gain; returns it.
   *
   * <p>A target row gains from its nearest remaining row once k exceeds the number of selected rows
   * that are as near: at once if k is no less than the number of all selected rows, as the added
   * place is free.
   */
  int raiseK() {
    if (places.members() <= places.k()) {
      places.raise(1);
      begin(places, objective - places.logOfFree());
      return places.k();
    }
    if (nearestLeft == null) {
      nearestLeft = target.nearestUnlike(pool, 1, unranked).squaredDistances();
    }
    int tried = places.k() + 1;
    while (true) {
      CoveragePlaces raised = placesOf(tried);
      int least = tried;
      for (int i = 0; i < places.targets(); i++) {
        double log = target.logDistance(nearestLeft[i]);
        least = Math.min(least, raised.nearerPlaces(i, log));
      }
      if (least < tried) {
        CoveragePlaces next = least + 1 == tried ? raised : placesOf(least + 1);
        begin(next, next.objective());
        return places.k();
      }
      tried = Math.multiplyExact(2, tried);
    }
  }
}
