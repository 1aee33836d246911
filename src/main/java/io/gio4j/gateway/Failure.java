package io.gio4j.gateway;

import io.gio4j.arrow.ArrowMemory;
import io.gio4j.data.UnreadableInputException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An error as it is reported to the client; the trace goes to the log only.
 *
 * @param code see {@link ErrorCode}
 * @param message one line
 */
record Failure(ErrorCode code, String message) {
  private static final Logger LOG = LoggerFactory.getLogger(Failure.class);

  /** Made in advance, since there may be no memory to make it when it is needed. */
  static final Failure FULL = outOfMemory(new OutOfMemoryError("heap"));

  static Failure of(Throwable thrown) {
    try {
      LOG.debug("reported to the client", thrown);
      return described(thrown);
    } catch (OutOfMemoryError full) {
      return FULL;
    }
  }

  private static Failure described(Throwable thrown) {
    return switch (thrown) {
      case GatewayException known -> new Failure(known.code(), firstLine(known));
      case IllegalArgumentException invalid ->
          new Failure(ErrorCode.INVALID_ARGUMENT, firstLine(invalid));
      case UnreadableInputException unreadable ->
          new Failure(ErrorCode.UNREADABLE_INPUT, firstLine(unreadable));
      case OutOfMemoryError full -> outOfMemory(full);
      case RuntimeException full when ArrowMemory.isFull(full) -> outOfMemory(full);
      default ->
          new Failure(
              ErrorCode.INTERNAL, thrown.getClass().getSimpleName() + ": " + firstLine(thrown));
    };
  }

  private static Failure outOfMemory(Throwable full) {
    return new Failure(
        ErrorCode.OUT_OF_MEMORY,
        "the engine's memory of %d MB is full (%s); give it more"
            .formatted(Runtime.getRuntime().maxMemory() >> 20, firstLine(full)));
  }

  private static String firstLine(Throwable thrown) {
    String message = String.valueOf(thrown.getMessage());
    return message.lines().findFirst().orElse("");
  }
}
