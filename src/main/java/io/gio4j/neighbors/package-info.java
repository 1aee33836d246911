/** The rows of one matrix nearest to those of another: {@link io.gio4j.neighbors.NearestRows}. */
package io.gio4j.neighbors;
