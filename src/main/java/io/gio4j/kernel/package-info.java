/** Functions of the distance between rows. Start with {@link io.gio4j.kernel.EnergyKernel}. */
package io.gio4j.kernel;
