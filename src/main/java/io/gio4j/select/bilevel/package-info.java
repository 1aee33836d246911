/**
 * Probabilistic bilevel coresets: {@link io.gio4j.select.bilevel.Bilevel}.
 *
 * <p>{@code BilevelSearch} draws masks from {@code Inclusion}, fits a model to each ({@code
 * InnerFit}) and moves the probabilities by the models' losses on the whole pool ({@code
 * OuterLoss}).
 */
package io.gio4j.select.bilevel;
