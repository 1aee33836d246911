/** Vectors written as text. */
package io.gio4j.text;
