package io.gio4j.gateway;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.gio4j.kernel.EnergyKernel;
import io.gio4j.select.SelectionMethod;
import io.gio4j.select.balanced.BalancedSelection;
import io.gio4j.select.balanced.BalancedSelectionConfig;
import io.gio4j.select.coverage.CoverageSelection;
import io.gio4j.select.coverage.CoverageSelectionConfig;
import io.gio4j.select.exact.ExactSelection;
import io.gio4j.select.exact.ExactSelectionConfig;
import io.gio4j.select.gradient.GradientSelection;
import io.gio4j.select.gradient.GradientSelectionConfig;
import io.gio4j.select.gradient.StartVector;
import io.gio4j.select.nearest.JumpSelection;
import io.gio4j.select.nearest.JumpSelectionConfig;

/** A method of selection with its options, by their names in JSON; see the methods' configs. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "name")
@JsonSubTypes({
  @JsonSubTypes.Type(value = MethodOptions.Balanced.class, name = "balanced"),
  @JsonSubTypes.Type(value = MethodOptions.Coverage.class, name = "coverage"),
  @JsonSubTypes.Type(value = MethodOptions.Exact.class, name = "exact"),
  @JsonSubTypes.Type(value = MethodOptions.Gradient.class, name = "gradient"),
  @JsonSubTypes.Type(value = MethodOptions.Jump.class, name = "jump")
})
sealed interface MethodOptions {
  /** The method, its options checked. */
  SelectionMethod method();

  /** The greedy descent of an energy distance. */
  record Balanced(Long budget, String kernel, Double scale, Double alpha) implements MethodOptions {
    @Override
    public SelectionMethod method() {
      EnergyKernel.Kind kind = Constants.of("kernel", EnergyKernel.Kind.class, kernel);
      return new BalancedSelection(new BalancedSelectionConfig(budget, kind, scale, alpha));
    }
  }

  /** The k nearest rows of each target row, chosen greedily. */
  record Coverage(Long budget, Integer neighbors, double epsilon) implements MethodOptions {
    @Override
    public SelectionMethod method() {
      return new CoverageSelection(new CoverageSelectionConfig(budget, neighbors, epsilon));
    }
  }

  /** The optimum of the averaged divergence. */
  record Exact(Long budget, int neighbors, double epsilon) implements MethodOptions {
    @Override
    public SelectionMethod method() {
      return new ExactSelection(new ExactSelectionConfig(budget, neighbors, epsilon, false));
    }
  }

  /** The paper's search. */
  record Gradient(
      Long budget,
      int neighbors,
      double epsilon,
      int steps,
      double learningRate,
      Double scaleFactor,
      String startVector,
      long seed)
      implements MethodOptions {
    @Override
    public SelectionMethod method() {
      return new GradientSelection(
          new GradientSelectionConfig(
              budget,
              neighbors,
              epsilon,
              steps,
              learningRate,
              scaleFactor,
              Constants.of("startVector", StartVector.class, startVector),
              seed));
    }
  }

  /** The nearest rows of target rows in turn. */
  record Jump(Long budget, long seed) implements MethodOptions {
    @Override
    public SelectionMethod method() {
      return new JumpSelection(new JumpSelectionConfig(budget, seed));
    }
  }
}
