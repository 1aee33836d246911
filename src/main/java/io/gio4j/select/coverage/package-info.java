/**
 * Rows that leave no target row without a near one: {@link io.gio4j.select.coverage.Coverage}.
 *
 * <p>{@code CoverageSearch} is its state, {@code CoverageRanking} the lazy greedy order, {@code
 * CoverageGains} and {@code CoverageLists} what a row adds.
 */
package io.gio4j.select.coverage;
