/**
 * K-means with exact savings of work: {@code new KMeans(KMeansConfig.of(100, seed)).fit(rows,
 * Progress.NONE)}. Start with {@link io.gio4j.cluster.KMeans}.
 */
package io.gio4j.cluster;
