/**
 * Similarities of rows, as functions of their distance. Start with {@link
 * io.gio4j.kernel.EnergyKernel}.
 */
package io.gio4j.kernel;
