/** Random number generators whose state other programs share. */
package io.gio4j.random;
