/** Work split by size, never by thread count. Not part of the public API. */
package io.gio4j.internal.parallel;
