/** Pairs of near rows, found by one product in float and then measured in double. */
package io.gio4j.internal.neighbors;
