package io.gio4j.select.pursuit;

/** A row that a fit may use, in the field's word, with its share of the fit. */
final class Atom {
  final int number;
  final float[] row;
  final double length;

  /** The product with the goal, over the row's length. */
  final double moment;

  /** The length of what the row contributes to the fit: its weight times its own length. */
  double share;

  /** Whether it cannot enter: it depends on the rows of the fit but for rounding. */
  boolean isRefused;

  Atom(int number, float[] row, double length, double moment) {
    this.number = number;
    this.row = row;
    this.length = length;
    this.moment = moment;
  }

  /** {@return the factor of the row in the fit} */
  double weight() {
    return share / length;
  }
}
