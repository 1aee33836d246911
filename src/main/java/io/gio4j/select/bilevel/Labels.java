package io.gio4j.select.bilevel;

import java.util.Arrays;

/** The labels of the pool as a model predicts them, and what its predictions lose. */
final class Labels {
  /** Classes of a logistic model: one with more fits numbers as if they were names. */
  private static final int MOST_CLASSES = 1000;

  private final InnerModel model;
  private final int outputs;

  /** By row, its class; of a ridge regression 0. */
  private final int[] classes;

  /** By row, its standardised label; null for a logistic regression. */
  private final double[] values;

  /**
   * Reads labels.
   *
   * @param name what messages call them
   * @throws IllegalArgumentException if all are equal, or a logistic model has too many classes
   */
  Labels(InnerModel model, String name, float[] labels) {
    this.model = model;
    // Adding 0.0 makes one class of 0.0 and -0.0.
    double[] distinct = new double[labels.length];
    Arrays.setAll(distinct, row -> labels[row] + 0.0);
    distinct = Arrays.stream(distinct).sorted().distinct().toArray();
    if (distinct.length == 1) {
      throw new IllegalArgumentException(
          "%s: all are %s; bilevel takes them as labels that a model learns, so at least two must differ"
              .formatted(name, distinct[0]));
    }
    this.classes = new int[labels.length];
    if (model == InnerModel.RIDGE) {
      this.outputs = 1;
      this.values = standardised(labels);
      return;
    }
    if (distinct.length > MOST_CLASSES) {
      throw new IllegalArgumentException(
          "%s: have %d distinct numbers, each of which is a class for model='logistic', of at most %d; for numbers to predict pass model='ridge'"
              .formatted(name, distinct.length, MOST_CLASSES));
    }
    this.outputs = distinct.length;
    this.values = null;
    for (int row = 0; row < labels.length; row++) {
      classes[row] = Arrays.binarySearch(distinct, labels[row] + 0.0);
    }
  }

  private static double[] standardised(float[] labels) {
    double mean = 0;
    for (float label : labels) {
      mean += (double) label / labels.length;
    }
    double square = 0;
    for (float label : labels) {
      square += (label - mean) * (label - mean) / labels.length;
    }
    double[] values = new double[labels.length];
    for (int row = 0; row < labels.length; row++) {
      values[row] = (labels[row] - mean) / Math.sqrt(square);
    }
    return values;
  }

  InnerModel model() {
    return model;
  }

  /** {@return the numbers that a model predicts for a row: one a class, or one} */
  int outputs() {
    return outputs;
  }

  /** {@return the class of a row; 0 of a ridge regression} */
  int classOf(int row) {
    return classes[row];
  }

  /** Turns predictions for a row into the derivatives of its loss. */
  void derive(int row, double[] predictions) {
    if (values != null) {
      predictions[0] -= values[row];
      return;
    }
    double most = Arrays.stream(predictions).max().orElseThrow();
    double sum = 0;
    for (int output = 0; output < outputs; output++) {
      predictions[output] = Math.exp(predictions[output] - most);
      sum += predictions[output];
    }
    for (int output = 0; output < outputs; output++) {
      predictions[output] /= sum;
    }
    predictions[classes[row]] -= 1;
  }

  /** {@return the loss of predictions for a row: squared error or cross-entropy} */
  double loss(int row, double[] predictions) {
    if (values != null) {
      double error = predictions[0] - values[row];
      return error * error;
    }
    double most = Arrays.stream(predictions).max().orElseThrow();
    double sum = 0;
    for (double prediction : predictions) {
      sum += Math.exp(prediction - most);
    }
    return most - predictions[classes[row]] + Math.log(sum);
  }
}
