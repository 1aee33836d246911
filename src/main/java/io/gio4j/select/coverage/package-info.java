/**
 * Rows that leave no target row without a near one: {@link io.gio4j.select.coverage.Coverage}.
 *
 * <p>{@code CoverageSearch} is the state of a selection, {@code CoverageRanking} the lazy greedy
 * order of rows; {@code CoverageGains} computes what a row adds, from {@code CoverageLists}, which
 * {@code PoolScan} fills.
 */
package io.gio4j.select.coverage;
