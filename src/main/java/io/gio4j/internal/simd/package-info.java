/**
 * The inner loops, scalar and with the Vector API, with the same bits. Not part of the public API.
 *
 * <p>{@link io.gio4j.internal.simd.FloatOps} lists the families; each is an interface ({@code
 * RowOps}), one class in plain Java ({@code ScalarRowOps}) and one in registers ({@code
 * SimdRowOps}). A new family is these three and a component of {@code FloatOps}. A new width is a
 * value of the constants in {@code SimdFloatOps}, with the tiles that its number of registers
 * allows ({@code RowTiles.EIGHT}).
 */
package io.gio4j.internal.simd;
