/**
 * Arrow files and raw rows read in place, and results written as Arrow streams: start with {@link
 * io.gio4j.arrow.MappedMatrix}. Arrow itself does not come with the library: a program that uses
 * this package depends on {@code org.apache.arrow:arrow-vector}, and for {@link
 * io.gio4j.arrow.ArrowResult} on one of Arrow's allocators, such as {@code arrow-memory-netty}.
 */
package io.gio4j.arrow;
