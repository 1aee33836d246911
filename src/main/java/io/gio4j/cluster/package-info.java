/** Quantisation: K-means with exact savings of work. */
package io.gio4j.cluster;
