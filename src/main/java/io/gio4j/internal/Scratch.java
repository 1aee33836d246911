package io.gio4j.internal;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Working memory that threads take in turn, so that there is one a thread and not one a task. */
public final class Scratch<T> {
  private final Supplier<T> maker;
  private final Queue<T> spare = new ConcurrentLinkedQueue<>();

  /** Made by {@code maker} where none is spare. */
  public Scratch(Supplier<T> maker) {
    this.maker = maker;
  }

  /** Lends one; it is given up, not used again, when the user throws. */
  public void use(Consumer<T> user) {
    T polled = spare.poll();
    T scratch = polled == null ? maker.get() : polled;
    user.accept(scratch);
    spare.add(scratch);
  }
}
