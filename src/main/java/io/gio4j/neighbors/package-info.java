/** Nearest rows and distances, exact. Start with {@link io.gio4j.neighbors.NearestRows}. */
package io.gio4j.neighbors;
