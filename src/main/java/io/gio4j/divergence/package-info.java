/** The averaged Kullback-Leibler divergence of a target from a selection, and descents on it. */
package io.gio4j.divergence;
