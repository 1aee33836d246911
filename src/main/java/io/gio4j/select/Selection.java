package io.gio4j.select;

/**
 * Rows chosen from a pool.
 *
 * @param indices rows of the pool, in the order picked
 * @param trace the objective after each pick
 * @param stopReason why there are no more
 */
public record Selection(int[] indices, double[] trace, StopReason stopReason) {}
