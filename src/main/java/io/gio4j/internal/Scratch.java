package io.gio4j.internal;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Reusable working memory, so that there is one object per thread and not one per task. */
public final class Scratch<T> {
  private final Supplier<T> maker;
  private final Queue<T> spare = new ConcurrentLinkedQueue<>();

  /** Starts empty; {@code maker} is called when no object is free. */
  public Scratch(Supplier<T> maker) {
    this.maker = maker;
  }

  /** Passes an object to {@code user}; it is not reused if {@code user} throws. */
  public void use(Consumer<T> user) {
    T polled = spare.poll();
    T scratch = polled == null ? maker.get() : polled;
    user.accept(scratch);
    spare.add(scratch);
  }
}
