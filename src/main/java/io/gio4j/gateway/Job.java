package io.gio4j.gateway;

import io.gio4j.Progress;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;

/**
 * One request on a thread of its own, with its progress, its result and a way to stop it.
 *
 * <p>All mutable state is guarded by this object's lock; waiting polls are notified of changes.
 */
final class Job implements Progress {
  /** Where a job stands; the last three are final. */
  enum State {
    QUEUED,
    RUNNING,
    DONE,
    FAILED,
    CANCELLED;

    boolean isFinal() {
      return compareTo(DONE) >= 0;
    }
  }

  /** Where a job stands and what it has found, as its client reads it. */
  record Status(
      State state,
      String stage,
      long done,
      long total,
      Double objective,
      List<List<Object>> events,
      int eventCount,
      Failure error,
      Outcome.Summary result) {}

  private final Request request;
  private final List<List<Object>> events = new ArrayList<>();
  private State state = State.QUEUED;
  private String stage = "";
  private long done;
  private long total;
  private Double objective;
  private Failure failure;
  private Outcome outcome;
  private boolean released;
  private final Map<String, Double> timings = new LinkedHashMap<>();
  private long stageBegan;
  private volatile boolean cancelled;
  private volatile boolean keepsPicks;

  Job(Request request) {
    this.request = request;
  }

  void start(String id) {
    Thread.ofPlatform().daemon().name("gio4j-job-" + id).start(this::run);
  }

  private void run() {
    enter(State.RUNNING, null, null);
    try {
      enter(State.DONE, request.run(this), null);
    } catch (CancellationException stopped) {
      enter(State.CANCELLED, null, null);
    } catch (RuntimeException | Error thrown) {
      enter(State.FAILED, null, Failure.of(thrown));
    }
  }

  private synchronized void enter(State next, Outcome result, Failure cause) {
    state = next;
    endStage();
    outcome = result;
    failure = cause;
    if (released && outcome != null) {
      outcome.close();
    }
    notifyAll();
  }

  /** Asks the job to stop, which it does at its next {@link #check}. */
  void cancel() {
    cancelled = true;
  }

  /** Asks the job to stop with what it has picked so far; one that has no picks is cancelled. */
  void finish() {
    keepsPicks = true;
    cancelled = true;
  }

  /** Stops the job if it runs, and releases the memory of its result. */
  synchronized void release() {
    cancelled = true;
    released = true;
    if (outcome != null) {
      outcome.close();
    }
  }

  /** {@return the status with the events from {@code seen} on, after waiting for a change} */
  synchronized Status poll(int waitMillis, int seen) {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(waitMillis);
    try {
      while (!state.isFinal() && events.size() <= seen) {
        long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        if (left <= 0) {
          break;
        }
        wait(left);
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    return status(seen);
  }

  synchronized Status status(int seen) {
    int first = Math.clamp(seen, 0, events.size());
    // Copies: events and timings change while the reply is written.
    return new Status(
        state,
        stage,
        done,
        total,
        objective,
        List.copyOf(events.subList(first, events.size())),
        events.size(),
        failure,
        outcome == null ? null : outcome.summary(new LinkedHashMap<>(timings)));
  }

  /** Writes the arrays into an existing file; returns how many bytes. */
  synchronized long collect(String path, long offset) {
    if (outcome == null || released) {
      throw new GatewayException(
          ErrorCode.NOT_DONE, "the job is " + state + "; only a job that is DONE has a result");
    }
    try (FileChannel channel = FileChannel.open(Path.of(path), StandardOpenOption.WRITE)) {
      long bytes = outcome.bytes();
      if (offset < 0 || channel.size() - offset < bytes) {
        throw new IllegalArgumentException(
            "offset: is %d in a file of %d bytes; the result needs %d from there"
                .formatted(offset, channel.size(), bytes));
      }
      channel.position(offset);
      outcome.write(channel);
      return bytes;
    } catch (IOException unwritable) {
      throw new IllegalArgumentException(
          "path: %s cannot be written (%s)".formatted(path, unwritable.getMessage()), unwritable);
    }
  }

  @Override
  public void check() {
    if (cancelled) {
      throw new CancellationException();
    }
  }

  @Override
  public boolean keepsPicks() {
    return keepsPicks;
  }

  private void endStage() {
    long now = System.nanoTime();
    if (!stage.isEmpty()) {
      timings.merge(stage, (now - stageBegan) / 1e9, Double::sum);
    }
    stageBegan = now;
  }

  @Override
  public synchronized void stage(String name, long units) {
    endStage();
    stage = name;
    total = units;
    done = 0;
  }

  @Override
  public synchronized void advance(long units) {
    done = Math.max(done, units);
  }

  @Override
  public synchronized void picked(int count, double value) {
    done = count;
    objective = Double.isNaN(value) ? null : value; // a method without an objective
  }

  @Override
  public void started(double value) {
    event("start", -1, value);
  }

  @Override
  public void iteration(int iteration, double value) {
    event("iteration", iteration, value);
  }

  @Override
  public void reset(int iteration) {
    event("reset", iteration, null);
  }

  private synchronized void event(String kind, int iteration, Double value) {
    if (value != null) {
      objective = value;
    }
    events.add(Arrays.asList(kind, iteration, value));
    notifyAll();
  }
}
