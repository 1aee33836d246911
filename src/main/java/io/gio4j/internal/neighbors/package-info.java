/** The exact search for near rows. Not part of the public API. */
package io.gio4j.internal.neighbors;
