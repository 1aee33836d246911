/**
 * Arrow files and raw rows read in place, and results written as Arrow streams: start with {@link
 * io.gio4j.arrow.MappedMatrix}.
 */
package io.gio4j.arrow;
