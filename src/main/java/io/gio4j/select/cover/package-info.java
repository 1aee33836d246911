/**
 * Submodular functions of similarities, selected greedily: {@link io.gio4j.select.cover.Facility},
 * {@link io.gio4j.select.cover.Graphcut}, {@link io.gio4j.select.cover.Flqmi} and {@link
 * io.gio4j.select.cover.Flmi}.
 *
 * <p>{@code Comparison} holds the rows as they are compared ({@code ComparedRows}), {@code Pairs}
 * compares some of them with a panel of {@code Points}, {@code FullPass} all of them with all
 * points. {@code BestSearch} is the lazy greedy of the three functions of best similarities, {@code
 * CutSearch} that of the graph cut.
 */
package io.gio4j.select.cover;
