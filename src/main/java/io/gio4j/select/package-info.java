/** Methods that choose rows of a pool: one class each. */
package io.gio4j.select;
