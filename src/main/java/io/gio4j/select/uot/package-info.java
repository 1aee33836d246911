/**
 * Unbalanced optimal transport from the target to the pool: {@link io.gio4j.select.uot.Uot}.
 *
 * <p>{@code Transport} finds the plan's masses, {@code PairSquares} the squared distances.
 */
package io.gio4j.select.uot;
