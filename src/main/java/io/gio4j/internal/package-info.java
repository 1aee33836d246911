/**
 * Rows in blocks, scaling, error bounds and heap shares of all algorithms. Not part of the public
 * API.
 */
package io.gio4j.internal;
