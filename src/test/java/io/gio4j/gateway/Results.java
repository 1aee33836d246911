package io.gio4j.gateway;

import java.util.Map;

/** The result of a job as its client reads it. */
final class Results {
  private Results() {}

  @SuppressWarnings("unchecked")
  static Map<String, Object> of(Outcome outcome) {
    return Json.read(Json.write(outcome.summary(Map.of())), Map.class);
  }
}
