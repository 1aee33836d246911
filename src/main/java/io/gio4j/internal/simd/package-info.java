/**
 * The inner loops, scalar and with the Vector API, with the same bits. Not part of the public API.
 *
 * <p>{@link io.gio4j.internal.simd.FloatOps} lists the families; each is an interface ({@code
 * RowOps}), one class in plain Java ({@code ScalarRowOps}) and one in registers ({@code
 * SimdRowOps}). A new family is these three and a component of {@code FloatOps}.
 *
 * <p>Registers have 128, 256 or 512 bits; {@code SimdProvider} refuses others. A new width is a
 * value of the constants in {@code SimdFloatOps}, and a variant where there is one for each width:
 * the rows of {@code SimdRowOps} ({@code oneRowOf2}, {@code oneRowOf4}, {@code oneRowOf8}), {@code
 * SimdNearOps} ({@code keepBy8}, {@code keepBy16}), the steps of the prefix sum in {@code
 * SimdTotalOps}, and the tile that the number of registers allows ({@code RowTiles.EIGHT}).
 */
package io.gio4j.internal.simd;
