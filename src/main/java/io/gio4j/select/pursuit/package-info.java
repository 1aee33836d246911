/**
 * Gradient pursuit: few rows whose weighted sum is the mean of the target's rows. {@link
 * io.gio4j.select.pursuit.Omp} picks them one at a time.
 */
package io.gio4j.select.pursuit;
