/**
 * The optimum of the averaged divergence of the GIO paper: {@link io.gio4j.select.exact.Exact}.
 *
 * <p>{@code SeparableRanking} orders the pool; {@code DiscardingRanking} orders it for {@link
 * io.gio4j.select.exact.ExactLeavingNearestOut}.
 */
package io.gio4j.select.exact;
