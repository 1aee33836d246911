package io.gio4j.testing;

import io.gio4j.data.FloatMatrix;
import io.gio4j.select.Limits;
import io.gio4j.select.SelectionRequest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Limits from their definition: everything is counted again for every question. */
public final class NaiveLimits {
  private final Limits limits;
  private final double[][] pool;
  private final double[][] existing;
  private final long budget;

  public NaiveLimits(SelectionRequest request) {
    this.limits = request.limits();
    this.pool = TestRows.doubles(request.pool());
    this.existing =
        request.existing() == null ? new double[0][] : TestRows.doubles(request.existing());
    this.budget = request.budget() == null ? Long.MAX_VALUE : request.budget();
  }

  private static double at(FloatMatrix column, int row) {
    return column.row(row)[0];
  }

  private double cost(int row) {
    return limits.costs() == null ? 1 : at(limits.costs(), row);
  }

  private static double distance(double[] one, double[] other) {
    double sum = 0;
    for (int i = 0; i < one.length; i++) {
      sum += (one[i] - other[i]) * (one[i] - other[i]);
    }
    return Math.sqrt(sum);
  }

  /** Whether a row may be picked after some others. */
  public boolean allows(List<Integer> picks, int row) {
    if (limits.excluded() != null && at(limits.excluded(), row) != 0) {
      return false;
    }
    if (limits.avoid() != null) {
      for (double[] other : TestRows.doubles(limits.avoid())) {
        if (distance(pool[row], other) <= limits.avoidDistance()) {
          return false;
        }
      }
    }
    if (limits.minDistance() != null) {
      for (double[] other : existing) {
        if (distance(pool[row], other) < limits.minDistance()) {
          return false;
        }
      }
      for (int other : picks) {
        if (distance(pool[row], pool[other]) < limits.minDistance()) {
          return false;
        }
      }
    }
    List<Integer> all = new ArrayList<>(picks);
    all.add(row);
    return areWithin(all);
  }

  private boolean areWithin(List<Integer> picks) {
    Map<Integer, Double> used = new HashMap<>();
    double spent = 0;
    for (int pick : picks) {
      spent += cost(pick);
      if (limits.sources() != null) {
        used.merge((int) at(limits.sources(), pick), cost(pick), Double::sum);
      }
    }
    if (limits.costs() != null && spent > limits.maxCost()) {
      return false;
    }
    for (Map.Entry<Integer, Double> cap : limits.caps().entrySet()) {
      if (used.getOrDefault(cap.getKey(), 0.0) > cap.getValue()) {
        return false;
      }
    }
    double needed = 0;
    for (Map.Entry<Integer, Long> floor : limits.floors().entrySet()) {
      needed += Math.max(0, floor.getValue() - used.getOrDefault(floor.getKey(), 0.0));
    }
    return needed <= budget - picks.size();
  }
}
