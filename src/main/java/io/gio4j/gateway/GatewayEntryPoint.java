package io.gio4j.gateway;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.gio4j.arrow.ArrowMemory;
import io.gio4j.internal.parallel.WorkerPool;
import io.gio4j.internal.simd.SimdProvider;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What a client calls through Py4J: strings and numbers in, a JSON string out. No object of the JVM
 * ever reaches the client, so there are none to keep or to release. Calls may be repeated: Py4J
 * sends a call again when a connection breaks.
 *
 * <p>{@code docs/gateway.md} has the protocol.
 */
public final class GatewayEntryPoint {
  /** Raised whenever a client of the previous version would misunderstand. */
  static final int PROTOCOL = 1;

  private final Jobs jobs = new Jobs();
  private volatile Facts facts;

  GatewayEntryPoint() {
    facts =
        new Facts(
            0,
            ProcessHandle.current().pid(),
            version(),
            PROTOCOL,
            Runtime.version().toString(),
            SimdProvider.ops().name(),
            WorkerPool.shared().threads(),
            Runtime.getRuntime().maxMemory());
  }

  private static String version() {
    String version = GatewayEntryPoint.class.getPackage().getImplementationVersion();
    return version == null ? "unpackaged" : version;
  }

  /** The facts of the READY line. */
  String ready(int port) {
    facts = facts.withPort(port);
    return Json.write(facts);
  }

  /** What does not change while the engine lives; the port is 0 until it listens. */
  private record Facts(
      int port,
      long pid,
      String version,
      int protocol,
      String java,
      String simd,
      int threads,
      long maxHeapBytes) {
    Facts withPort(int known) {
      return new Facts(known, pid, version, protocol, java, simd, threads, maxHeapBytes);
    }
  }

  private record Info(@JsonUnwrapped Facts facts, int jobs, long heapUsedBytes, long mappedBytes) {}

  private record Handshake(String version, int protocol) {}

  /**
   * Compares versions; answers with the engine's facts.
   *
   * @param json the client's version and protocol
   * @return a reply, {@code ok} or {@code error}
   */
  public String handshake(String json) {
    return reply(() -> {
      Handshake client = Json.read(json, Handshake.class);
      if (client.protocol() != PROTOCOL || !client.version().equals(facts.version())) {
        throw new GatewayException(
            ErrorCode.VERSION_MISMATCH,
            "the engine is %s (protocol %d) but its client is %s (protocol %d); install both from one release"
                .formatted(facts.version(), PROTOCOL, client.version(), client.protocol()));
      }
      return facts;
    });
  }

  /**
   * Starts a job, unless one with this id is there already.
   *
   * @param jobId the client's name for it
   * @param requestJson what it does
   * @return a reply, {@code ok} or {@code error}
   */
  public String submit(String jobId, String requestJson) {
    return reply(() -> jobs.submit(jobId, requestJson).status(0));
  }

  /**
   * Answers with the job's status, once it has ended or has news, or the time is over.
   *
   * @param jobId the client's name for it
   * @param waitMillis the time
   * @param seen events that the client has
   * @return a reply, {@code ok} or {@code error}
   */
  public String poll(String jobId, int waitMillis, int seen) {
    return reply(() -> jobs.get(jobId).poll(waitMillis, seen));
  }

  /**
   * Asks a job to stop.
   *
   * @param jobId the client's name for it
   * @return a reply, {@code ok} or {@code error}
   */
  public String cancel(String jobId) {
    return reply(() -> jobs.stop(jobId, Job::cancel));
  }

  /**
   * Asks a selection to end with the picks made so far; other jobs stop.
   *
   * @param jobId the client's name for it
   * @return a reply, {@code ok} or {@code error}
   */
  public String finish(String jobId) {
    return reply(() -> jobs.stop(jobId, Job::finish));
  }

  /**
   * Writes the job's arrays into a file.
   *
   * @param jobId the client's name for it
   * @param path an existing file
   * @param offset the first byte to write
   * @return a reply, {@code ok} or {@code error}
   */
  public String collect(String jobId, String path, long offset) {
    return reply(() -> Map.of("bytes", jobs.get(jobId).collect(path, offset)));
  }

  /**
   * Removes a job and releases its memory; stops it if it runs.
   *
   * @param jobId the client's name for it
   * @return a reply, {@code ok} or {@code error}
   */
  public String release(String jobId) {
    return reply(() -> Map.of("released", jobs.release(jobId)));
  }

  /**
   * Answers with the engine's facts and what it holds at present.
   *
   * @return a reply, {@code ok} or {@code error}
   */
  public String info() {
    return reply(() -> {
      Runtime runtime = Runtime.getRuntime();
      long heapUsed = runtime.totalMemory() - runtime.freeMemory();
      return new Info(facts, jobs.count(), heapUsed, ArrowMemory.bytes());
    });
  }

  /**
   * Ends the process; {@code GatewaySession} does it once the reply is sent.
   *
   * @return a reply, {@code ok} or {@code error}
   */
  public String shutdown() {
    return reply(Map::of);
  }

  private static String reply(Supplier<Object> call) {
    try {
      return Json.write(Map.of("ok", call.get()));
    } catch (RuntimeException | Error thrown) {
      return error(thrown);
    }
  }

  /** The reply to a call that failed. */
  static String error(Throwable thrown) {
    return error(Failure.of(thrown));
  }

  static String error(Failure failure) {
    return Json.write(Map.of("error", failure));
  }
}
