/**
 * Matrices of float rows as the algorithms see them, checked at the border: start with {@link
 * io.gio4j.data.FloatMatrix}.
 */
package io.gio4j.data;
