/**
 * How far one sample is from another.
 *
 * <p>{@link io.gio4j.divergence.AveragedDivergence} is the GIO paper's estimate of the
 * Kullback-Leibler divergence, {@link io.gio4j.divergence.EnergyDistance} is what balanced
 * selections minimise; {@link io.gio4j.distance.LengthUnit} is what distances are measured in.
 */
package io.gio4j.divergence;
