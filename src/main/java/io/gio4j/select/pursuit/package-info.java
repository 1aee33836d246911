/**
 * Gradient pursuit: few rows whose weighted sum is the mean of the target's rows. {@link
 * io.gio4j.select.pursuit.Gtp} picks many at a time, {@link io.gio4j.select.pursuit.Omp} one.
 */
package io.gio4j.select.pursuit;
