/**
 * gio4j chooses the rows of a pool to train on, given a sample of what is wanted.
 *
 * <p>Start with {@link io.gio4j.select.SelectionMethod}: {@code new Balanced().select(pool, target,
 * 100)}, where both are a {@link io.gio4j.data.FloatMatrix}. {@link io.gio4j.Progress} is how long
 * computations are watched and stopped. Packages below {@code io.gio4j.internal} are not for users.
 */
package io.gio4j;
