/** What the algorithms share. Not part of the public API. */
package io.gio4j.internal;
