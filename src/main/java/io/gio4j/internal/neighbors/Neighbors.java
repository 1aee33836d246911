package io.gio4j.internal.neighbors;

/**
 * The k nearest rows of y to each row of x, see {@link NeighborSearch}.
 *
 * @param k how many of each row
 * @param indices n times k rows of y, the nearest first
 * @param squaredDistances their squared distances, in the same order
 */
public record Neighbors(int k, int[] indices, double[] squaredDistances) {}
