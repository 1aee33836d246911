/**
 * gio4j chooses the rows of a pool to train on, given a sample of what is wanted.
 *
 * <p>Start with {@link io.gio4j.select.SelectionMethod}: {@code new Balanced().select(pool, target,
 * 100)}, where both are a {@link io.gio4j.data.FloatMatrix}. {@link io.gio4j.Progress} is how long
 * computations are watched and stopped. Packages below {@code io.gio4j.internal} are not for users.
 *
 * <p>Start Java with {@code --add-modules jdk.incubator.vector}: without the Vector API, which is
 * logged as a warning, the scalar loops give the same bits 7 to 10 times more slowly. {@code
 * -Dgio4j.threads=4} sets the number of threads (all processors by default). {@link
 * io.gio4j.arrow.ArrowResult} needs {@code --enable-native-access=ALL-UNNAMED
 * --add-opens=java.base/java.nio=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow} as well, as
 * Arrow's allocators do.
 */
package io.gio4j;
