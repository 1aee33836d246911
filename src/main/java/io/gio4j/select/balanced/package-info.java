/**
 * Rows that together are distributed as the target: {@link io.gio4j.select.balanced.Balanced}.
 *
 * <p>{@code BatchedGreedy} explains what makes it fast: picks are speculated on a {@code Shortlist}
 * and then validated by {@code HerdingScores}.
 */
package io.gio4j.select.balanced;
