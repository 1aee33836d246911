/** The averaged divergence as it is built up row by row, its bounds, its gradient, its descents. */
package io.gio4j.internal.divergence;
