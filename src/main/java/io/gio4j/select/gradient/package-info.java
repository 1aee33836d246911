/**
 * The gradient search of the GIO paper: {@link io.gio4j.select.gradient.Gradient}.
 *
 * <p>{@link io.gio4j.select.gradient.GradientSearch} has the same search with every option of
 * grad-info-opt, for programs that continue one of its runs.
 */
package io.gio4j.select.gradient;
