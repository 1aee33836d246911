package io.gio4j.data;

/** A file or buffer that cannot be read: missing, truncated, compressed or of another type. */
public final class UnreadableInputException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Reports what was found by checking the input.
   *
   * @param message names the input, what is wrong and what to do
   */
  public UnreadableInputException(String message) {
    super(message);
  }

  /**
   * Reports what reading the input threw.
   *
   * @param message names the input, what is wrong and what to do
   * @param cause what was thrown
   */
  public UnreadableInputException(String message, Throwable cause) {
    super(message, cause);
  }

  /**
   * Rows or bytes that could be read before: the file was truncated under its mapping, or its disk
   * failed.
   */
  static UnreadableInputException gone(
      String name, String units, long first, long last, Throwable fault) {
    return new UnreadableInputException(
        "%s: %s %d to %d can no longer be read; the file was truncated or its disk failed"
            .formatted(name, units, first, last),
        fault);
  }
}
