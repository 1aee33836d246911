package io.gio4j.select.pursuit;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.select.LargestRemainder;
import io.gio4j.internal.select.Picks;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** One selection by {@link Tagcos}: the clusters' parts of the budget, their fits, the picks. */
final class ClusterPicks {
  /**
   * A pick of a cluster.
   *
   * @param turn where it comes among those of all clusters: the share of its cluster's part of the
   *     budget that is spent once half of it is
   */
  private record Pick(double turn, int row, double gain, double weight) {}

  private final SelectionRequest request;
  private final Omp omp;
  private final Picks picks;
  private final Execution execution;
  private final List<Pick> found = new ArrayList<>();
  private BitSet forbidden;
  private int fits;

  ClusterPicks(SelectionRequest request, Omp omp, Picks picks, Execution execution) {
    this.request = request;
    this.omp = omp;
    this.picks = picks;
    this.execution = execution;
  }

  /** Adds all picks and says why they end. */
  StopReason pick(int[] clusterOfRow) {
    forbidden = picks.forbidden();
    int clusters = Arrays.stream(clusterOfRow).max().getAsInt() + 1;
    int[][] members = new int[clusters][];
    long[] sizes = new long[clusters];
    Arrays.setAll(members, cluster -> rowsOf(cluster, clusterOfRow));
    Arrays.setAll(sizes, cluster -> size(members[cluster]));
    double all = Arrays.stream(sizes).sum();
    long[] parts = LargestRemainder.of(Math.min(picks.left(), (long) all), sizes);
    execution.progress().stage("pursue", clusters);
    for (int cluster = 0; cluster < clusters; cluster++) {
      if (parts[cluster] > 0) {
        pickFrom(members[cluster], parts[cluster], sizes[cluster] / all);
      }
      execution.progress().advance(cluster + 1L);
    }
    picks.fact("clusters", clusters);
    picks.fact("fits", fits);
    addAll();
    boolean areAllPicked = found.size() + forbidden.cardinality() == clusterOfRow.length;
    return picks.full() || areAllPicked ? picks.ended() : StopReason.SATURATED;
  }

  private static int[] rowsOf(int cluster, int[] clusterOfRow) {
    return IntStream.range(0, clusterOfRow.length)
        .filter(row -> clusterOfRow[row] == cluster)
        .toArray();
  }

  private long size(int[] rows) {
    return Arrays.stream(rows).mapToLong(picks.weights()::of).sum();
  }

  /** Fits rows of a cluster to its mean, again and again until its part of the budget is used. */
  private void pickFrom(int[] members, long part, double share) {
    Execution within = execution.withinStage();
    FloatMatrix cluster = request.pool().pick(members);
    double[] counts = Arrays.stream(members).mapToDouble(picks.weights()::of).toArray();
    Optional<Goal> mean = Goal.mean(cluster, counts, within);
    List<Pick> own = new ArrayList<>();
    int[] left = Arrays.stream(members).filter(row -> !forbidden.get(row)).toArray();
    long budget = part;
    int fitsBefore = fits;
    while (mean.isPresent() && budget > 0 && left.length > 0) {
      SelectionRequest rest = SelectionRequest.of(request.pool().pick(left), cluster);
      FloatMatrix weights = request.weights() == null ? null : request.weights().pick(left);
      Selection fit = omp.select(rest.withWeights(weights).withBudget(budget), mean::get, within);
      if (fit.indices().length == 0) {
        break;
      }
      fits++;
      for (int i = 0; i < fit.indices().length; i++) {
        int row = left[fit.indices()[i]];
        double spent = part - budget + picks.weights().of(row) / 2.0;
        own.add(new Pick(spent / part, row, share * fit.gains()[i], share * fit.weights()[i]));
        budget -= picks.weights().of(row);
      }
      left = without(left, fit.indices());
    }
    int fitsHere = fits - fitsBefore;
    for (Pick each : own) {
      found.add(new Pick(each.turn, each.row, each.gain / fitsHere, each.weight / fitsHere));
    }
  }

  private static int[] without(int[] rows, int[] places) {
    int[] gone = Arrays.stream(places).sorted().toArray();
    return IntStream.range(0, rows.length)
        .filter(place -> Arrays.binarySearch(gone, place) < 0)
        .map(place -> rows[place])
        .toArray();
  }

  private void addAll() {
    // A stable sort: of equal turns the first cluster's.
    found.sort(Comparator.comparingDouble(Pick::turn));
    Map<Integer, Double> weights = new HashMap<>();
    found.forEach(pick -> weights.put(pick.row, pick.weight));
    picks.weigh(weights::get);
    picks.begin(Double.NaN, found.size());
    double left = 1;
    for (Pick pick : found) {
      left -= pick.gain;
      picks.add(pick.row, pick.gain, left);
    }
  }
}
