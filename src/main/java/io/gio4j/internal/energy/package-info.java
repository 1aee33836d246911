/** Sums of kernels over pairs of rows, and the lengths that a kernel's scale follows from. */
package io.gio4j.internal.energy;
