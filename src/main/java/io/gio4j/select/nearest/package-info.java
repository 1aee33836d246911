/**
 * Target rows take turns in picking their nearest pool row: {@link
 * io.gio4j.select.nearest.Nearest}.
 */
package io.gio4j.select.nearest;
