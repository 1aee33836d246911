/** Arrow buffers and files read in place as matrices, and results written as Arrow streams. */
package io.gio4j.arrow;
