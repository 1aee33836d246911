/** Sums of a kernel over pairs of rows. Not part of the public API. */
package io.gio4j.internal.energy;
