package io.gio4j.select.gradient;

import java.util.function.UnaryOperator;

/** Changes of a search's configuration, to be chained in tests. */
final class SearchOptions {
  private SearchOptions() {}

  static GradientSearchConfig gradient(
      GradientSearchConfig config, UnaryOperator<Gradient> change) {
    return config.withGradient(change.apply(config.gradient()));
  }

  static GradientSearchConfig stop(GradientSearchConfig config, UnaryOperator<StopOptions> change) {
    return config.withStop(change.apply(config.stop()));
  }
}
