package io.gio4j.arrow;

import io.gio4j.data.UnreadableInputException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;

/** A file mapped read-only, until {@link #close}. */
final class MappedFile implements AutoCloseable {
  private static final AtomicLong MAPPED = new AtomicLong();

  private final Arena owner;
  private final MemorySegment segment;

  private MappedFile(Arena owner, MemorySegment segment) {
    this.owner = owner;
    this.segment = segment;
    MAPPED.addAndGet(segment.byteSize());
  }

  /** {@return the bytes of all files mapped at present} */
  static long bytes() {
    return MAPPED.get();
  }

  /**
   * Determines what lies where in a file: metadata through the channel, the rest in the mapping.
   */
  @FunctionalInterface
  interface Layout<L> {
    L read(FileChannel channel, MappedFile file) throws IOException;
  }

  /**
   * Maps a file.
   *
   * @param name what messages call what is read
   * @param layout any exception of it means that the file cannot be read
   * @param view makes the result, which closes the file, from what the layout found
   * @throws UnreadableInputException if the file is missing, empty or damaged
   */
  static <L, V> V open(
      String name, Path path, Layout<L> layout, BiFunction<MappedFile, L, V> view) {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      if (channel.size() == 0) {
        throw new UnreadableInputException(name + ": " + path + " is empty");
      }
      MappedFile file = map(channel);
      try {
        return view.apply(file, readable(name, path, () -> layout.read(channel, file)));
      } catch (Throwable failure) {
        file.close();
        throw failure;
      }
    } catch (NoSuchFileException missing) {
      throw new UnreadableInputException(name + ": there is no file " + path, missing);
    } catch (IOException failure) {
      throw unreadable(name, path, failure);
    }
  }

  /** Damaged metadata causes runtime exceptions of many kinds, most of them from FlatBuffers. */
  private static <L> L readable(String name, Path path, Callable<L> reading) {
    try {
      return reading.call();
    } catch (UnreadableInputException known) {
      throw known;
    } catch (Exception damaged) {
      throw unreadable(name, path, damaged);
    }
  }

  private static UnreadableInputException unreadable(String name, Path path, Exception cause) {
    // The messages of FlatBuffers, about an index or a null, do not help a user.
    String why = cause instanceof IOException ? cause.getMessage() : "its metadata is damaged";
    return new UnreadableInputException(
        "%s: %s cannot be read (%s)".formatted(name, path, why), cause);
  }

  @SuppressWarnings("MustBeClosedChecker") // whoever gets the file closes it
  private static MappedFile map(FileChannel channel) throws IOException {
    Arena arena = Arena.ofShared();
    try {
      return new MappedFile(
          arena, channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena));
    } catch (Throwable failure) {
      arena.close();
      throw failure;
    }
  }

  long size() {
    return segment.byteSize();
  }

  MemorySegment slice(long offset, long bytes) {
    return segment.asSlice(offset, bytes);
  }

  /** {@return the byte of the file at which one of its slices begins} */
  long offsetOf(MemorySegment slice) {
    return slice.address() - segment.address();
  }

  @Override
  public void close() {
    owner.close();
    MAPPED.addAndGet(-segment.byteSize());
  }
}
