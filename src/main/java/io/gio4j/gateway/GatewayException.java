package io.gio4j.gateway;

/** An error with its code, to be reported to the client. */
final class GatewayException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorCode code;

  GatewayException(ErrorCode code, String message) {
    this(code, message, null);
  }

  GatewayException(ErrorCode code, String message, Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  ErrorCode code() {
    return code;
  }
}
