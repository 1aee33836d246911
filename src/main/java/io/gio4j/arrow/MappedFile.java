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
import java.util.function.BiFunction;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.ForeignAllocation;
import org.apache.arrow.memory.OutOfMemoryException;

/**
 * A file mapped read-only. The mapping belongs to an Arrow buffer ({@code wrapForeignAllocation}),
 * so that Arrow's record batches can be slices of it; {@link #close} gives it back.
 */
final class MappedFile implements AutoCloseable {
  private final ArrowBuf owner;
  private final MemorySegment segment;

  private MappedFile(ArrowBuf owner, MemorySegment segment) {
    this.owner = owner;
    this.segment = segment;
  }

  /** Finds out what lies where in a file: metadata through the channel, the rest in the mapping. */
  @FunctionalInterface
  interface Layout<L> {
    L read(FileChannel channel, MappedFile file) throws IOException;
  }

  /**
   * Maps a file.
   *
   * @param name what messages call what is read
   * @param layout whatever it throws means that the file cannot be read
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
        // All references: Arrow leaves some behind when it throws within a damaged batch.
        file.owner.getReferenceManager().release(file.owner.refCnt());
        throw failure;
      }
    } catch (NoSuchFileException missing) {
      throw new UnreadableInputException(name + ": there is no file " + path, missing);
    } catch (IOException failure) {
      throw unreadable(name, path, failure);
    }
  }

  /**
   * Damaged metadata ends in runtime exceptions of many kinds, from Arrow and FlatBuffers alike.
   */
  private static <L> L readable(String name, Path path, Callable<L> reading) {
    try {
      return reading.call();
    } catch (UnreadableInputException | OutOfMemoryException known) {
      throw known;
    } catch (Exception damaged) {
      throw unreadable(name, path, damaged);
    }
  }

  private static UnreadableInputException unreadable(String name, Path path, Exception cause) {
    return new UnreadableInputException(
        "%s: %s cannot be read (%s)".formatted(name, path, cause.getMessage()), cause);
  }

  @SuppressWarnings("MustBeClosedChecker") // the Arrow buffer closes the arena
  private static MappedFile map(FileChannel channel) throws IOException {
    Arena arena = Arena.ofShared();
    try {
      MemorySegment segment = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      ArrowBuf owner =
          ArrowMemory.allocator()
              .wrapForeignAllocation(
                  new ForeignAllocation(segment.byteSize(), segment.address()) {
                    @Override
                    protected void release0() {
                      arena.close();
                    }
                  });
      return new MappedFile(owner, segment);
    } catch (Throwable failure) {
      if (arena.scope().isAlive()) {
        arena.close();
      }
      throw failure;
    }
  }

  long size() {
    return segment.byteSize();
  }

  /** The whole file as Arrow sees it. */
  ArrowBuf buffer() {
    return owner;
  }

  MemorySegment slice(long offset, long bytes) {
    return segment.asSlice(offset, bytes);
  }

  /** Byte of the file at which one of its slices begins. */
  long offsetOf(MemorySegment slice) {
    return slice.address() - segment.address();
  }

  /** Where a slice of {@link #buffer} lies. */
  MemorySegment slice(ArrowBuf part) {
    return slice(part.memoryAddress() - owner.memoryAddress(), part.capacity());
  }

  @Override
  public void close() {
    owner.close();
  }
}
