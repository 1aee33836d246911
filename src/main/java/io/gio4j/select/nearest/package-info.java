/**
 * Pool rows by how near they are to rows of the target: target rows take turns in picking theirs
 * ({@link io.gio4j.select.nearest.RoundRobin}), or the nearest of all come first ({@link
 * io.gio4j.select.nearest.Nearest}). {@code GroupTurns} says which group of the target is next.
 */
package io.gio4j.select.nearest;
