package io.gio4j.select;

import java.util.Map;

/**
 * Rows chosen from a pool, with the history of how.
 *
 * @param indices rows of the pool, in the order picked, none twice
 * @param gains by how much each pick improved the objective; NaN for the first of all rows where
 *     the objective of no rows is not defined
 * @param trace the objective after each pick
 * @param weights the factor of each pick where a method fits a weighted sum of its picks; null for
 *     other methods
 * @param startingObjective the objective of the existing rows; NaN without any
 * @param stopReason why there are no more
 * @param facts what the method found out from the data, such as the scale of its kernel, by names
 *     in snake case
 */
public record Selection(
    int[] indices,
    double[] gains,
    double[] trace,
    double[] weights,
    double startingObjective,
    StopReason stopReason,
    Map<String, Object> facts) {}
