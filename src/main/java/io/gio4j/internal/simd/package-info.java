/** Numerical kernels, scalar and Vector API, behind one interface. Not part of the public API. */
package io.gio4j.internal.simd;
