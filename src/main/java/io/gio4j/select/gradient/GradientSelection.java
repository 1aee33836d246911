package io.gio4j.select.gradient;

import io.gio4j.internal.Execution;
import io.gio4j.internal.select.Picks;
import io.gio4j.internal.select.RowWeights;
import io.gio4j.random.PythonRandom;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionMethod;
import io.gio4j.select.SelectionRequest;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * The paper's gradient search as a selection by rows: with a budget it ends at exactly so many,
 * without one at the first pick that would raise the divergence.
 *
 * <p>See {@link GradientSearch} for what it does and costs. Existing rows are not needed; without
 * them the first pick is free. Weights count in the budget and not in the objective, as where the
 * paper selects centroids.
 */
public final class GradientSelection implements SelectionMethod {
  private final GradientSelectionConfig config;
  private final GradientSearch search;

  public GradientSelection(GradientSelectionConfig config) {
    this.config = Objects.requireNonNull(config);
    this.search = new GradientSearch(config.search());
  }

  @Override
  public Selection select(SelectionRequest request, Execution execution) {
    Picks picks = new Picks(config.budget(), new RowWeights(request), execution.progress());
    PythonRandom random = PythonRandom.seeded(config.seed());
    Map<String, Object> facts = new LinkedHashMap<>();
    return picks.collect(() -> search.run(request, random, execution, picks, facts), () -> facts);
  }
}
