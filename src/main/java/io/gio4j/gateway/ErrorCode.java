package io.gio4j.gateway;

/** What went wrong, for programs: these names do not change. */
enum ErrorCode {
  /** Malformed JSON, an unknown or a missing field. */
  INVALID_REQUEST,
  /** A value out of bounds, or a matrix that does not fit. */
  INVALID_ARGUMENT,
  /** A file that is missing, truncated, compressed or of another type. */
  UNREADABLE_INPUT,
  /** Client and engine are of different versions. */
  VERSION_MISMATCH,
  /** No job has this id, or it was released. */
  UNKNOWN_JOB,
  /** The job has no result: it runs, failed or was cancelled. */
  NOT_DONE,
  /** The heap is full. */
  OUT_OF_MEMORY,
  /** A defect of the engine. */
  INTERNAL
}
