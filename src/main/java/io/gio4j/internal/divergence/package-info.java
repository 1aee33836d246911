/**
 * The averaged divergence as selections and descents use it, and its gradient. Not part of the
 * public API.
 */
package io.gio4j.internal.divergence;
