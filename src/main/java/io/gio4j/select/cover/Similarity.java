package io.gio4j.select.cover;

/**
 * How similar two rows x and y are. A similarity below 0 counts as 0, as in submodlib: only then
 * are the functions of this package submodular.
 */
public enum Similarity {
  /**
   * {@code max(0, x.y / (|x| |y|))}. A row of zeros has no direction and is similar to none. In
   * submodlib it is the metric "cosine".
   */
  COSINE,

  /**
   * {@code (x.y / (|x| |y|))^2}: rows of opposite directions are similar too. In apricot it is the
   * metric "cosine", and "correlation" for rows from which their own mean was subtracted.
   */
  SQUARED_COSINE,

  /**
   * {@code max(0, D - |x - y|^2)}, where D is the largest squared distance of a target row from a
   * pool row or an existing one, which the result has as the fact {@code largest_squared_distance}.
   * In apricot it is the metric "euclidean", with D of all pairs of its rows.
   */
  EUCLIDEAN,

  /** {@code max(0, x.y)}, in the data's unit: for gradients, whose lengths matter. */
  DOT;

  boolean isDistance() {
    return this == EUCLIDEAN;
  }

  boolean isOfDirections() {
    return this == COSINE || this == SQUARED_COSINE;
  }
}
