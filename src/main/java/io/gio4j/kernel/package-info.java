/** The kernels of energy distances: {@link io.gio4j.kernel.EnergyKernel}. */
package io.gio4j.kernel;
