package io.gio4j.select;

import io.gio4j.Progress;
import io.gio4j.data.FloatMatrix;

/**
 * A way to choose rows of a pool by a target.
 *
 * <pre>{@code
 * Selection found = new Balanced().select(pool, target, 100);
 * int[] rows = found.indices();
 * }</pre>
 *
 * <p>Each method is an immutable record of its options, which checks them where it is made. Its
 * constructor without arguments has the defaults, and each {@code with...} method gives a copy with
 * one option changed. A method can be used again, by several threads at once; the same request
 * gives the same bits, whatever the number of threads.
 *
 * <p><b>Writing one.</b> Implement {@link #select(SelectionRequest, Progress)} by the contract of
 * {@link Progress}. A public record with a constructor without arguments that is named in {@code
 * META-INF/services/io.gio4j.select.SelectionMethod} can also be reached through the gateway: its
 * name there is the simple name of its class in snake case, and so are its options, the components.
 */
@FunctionalInterface
public interface SelectionMethod {
  /**
   * Selects rows.
   *
   * @param request what to select from, towards what, and how many
   * @param progress watches the selection and can stop it
   * @return the rows, with the history of how they were chosen
   * @throws IllegalArgumentException if options, rows or weights do not fit each other
   * @throws java.util.concurrent.CancellationException if {@code progress} stops it and does not
   *     keep the picks made so far
   * @throws io.gio4j.data.UnreadableInputException if rows cannot be read, such as those of a file
   *     that was cut short
   */
  Selection select(SelectionRequest request, Progress progress);

  /**
   * Selects rows, unwatched.
   *
   * @param request what to select from, towards what, and how many
   * @return the rows, with the history of how they were chosen
   * @throws IllegalArgumentException if options, rows or weights do not fit each other
   * @throws io.gio4j.data.UnreadableInputException if rows cannot be read
   */
  default Selection select(SelectionRequest request) {
    return select(request, Progress.NONE);
  }

  /**
   * Selects a number of rows, unwatched.
   *
   * @param pool rows to choose from
   * @param target rows that show what is wanted
   * @param budget how many rows to select
   * @return the rows, with the history of how they were chosen
   * @throws IllegalArgumentException if options or rows do not fit each other
   * @throws io.gio4j.data.UnreadableInputException if rows cannot be read
   */
  default Selection select(FloatMatrix pool, FloatMatrix target, long budget) {
    return select(SelectionRequest.of(pool, target).withBudget(budget));
  }
}
