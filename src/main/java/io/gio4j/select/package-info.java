/**
 * Methods that choose rows of a pool, one package each.
 *
 * <p>{@link io.gio4j.select.SelectionMethod} is what they have in common; {@link
 * io.gio4j.select.SelectionRequest} says what to select from and how many, {@link
 * io.gio4j.select.Selection} what was selected and why it ended. Begin with {@link
 * io.gio4j.select.balanced.Balanced}, which keeps the target's proportions and takes no duplicates.
 * Take {@link io.gio4j.select.coverage.Coverage} for small budgets where every mode has to be
 * represented, {@link io.gio4j.select.nearest.RoundRobin} for a fast baseline, {@link
 * io.gio4j.select.gradient.Gradient} and {@link io.gio4j.select.exact.Exact} to reproduce the paper
 * of GIO.
 */
package io.gio4j.select;
