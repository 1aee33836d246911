/** Matrices of float rows as the algorithms see them, checked at the border. */
package io.gio4j.data;
