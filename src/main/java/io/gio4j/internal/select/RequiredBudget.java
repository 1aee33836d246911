package io.gio4j.internal.select;

import io.gio4j.select.SelectionRequest;

/** The budget of a method that would go on to the last row of the pool without one. */
public final class RequiredBudget {
  private RequiredBudget() {}

  /**
   * {@return the request's budget}
   *
   * @param request what was asked for
   * @param method its name, for the message
   * @throws IllegalArgumentException if the request has none
   */
  public static long of(SelectionRequest request, String method) {
    if (request.budget() == null) {
      throw new IllegalArgumentException(
          "budget: is missing, and %s has no stop of its own; pass how many rows to pick"
              .formatted(method));
    }
    return request.budget();
  }
}
