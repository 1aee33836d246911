/**
 * Rows that together are distributed as the target: {@link io.gio4j.select.balanced.Balanced}.
 *
 * <p>{@code BatchedGreedy} has the idea that makes it fast: picks are speculated on a {@code
 * Shortlist} and validated by {@code HerdingScores}.
 */
package io.gio4j.select.balanced;
