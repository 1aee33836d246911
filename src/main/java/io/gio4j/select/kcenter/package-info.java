/**
 * Centres near which all rows of the pool lie, by farthest-first traversal: {@link
 * io.gio4j.select.kcenter.Kcenter}.
 */
package io.gio4j.select.kcenter;
