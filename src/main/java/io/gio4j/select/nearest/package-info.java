/** The nearest pool rows of target rows in turn: {@link io.gio4j.select.nearest.Nearest}. */
package io.gio4j.select.nearest;
