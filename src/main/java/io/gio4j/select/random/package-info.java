/** A uniform draw of rows, the baseline: {@link io.gio4j.select.random.Random}. */
package io.gio4j.select.random;
