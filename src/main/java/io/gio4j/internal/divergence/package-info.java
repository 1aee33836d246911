/** What selections and descents ask of the averaged divergence. Not part of the public API. */
package io.gio4j.internal.divergence;
