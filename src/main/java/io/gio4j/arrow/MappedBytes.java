package io.gio4j.arrow;

import io.gio4j.data.ByteText;
import io.gio4j.data.UnreadableInputException;
import java.nio.file.Path;

/**
 * A part of a mapped file as plain bytes, shared memory of another process for instance. Nothing is
 * copied; {@link #close} unmaps the file.
 */
public final class MappedBytes implements AutoCloseable {
  private final MappedFile file;
  private final ByteText text;

  private MappedBytes(MappedFile file, ByteText text) {
    this.file = file;
    this.text = text;
  }

  /** The bytes; not to be used after {@link #close}. */
  public ByteText text() {
    return text;
  }

  /** Unmaps the file. */
  @Override
  public void close() {
    file.close();
  }

  /**
   * Maps {@code bytes} bytes of a file from byte {@code offset} on.
   *
   * @param name what messages call them
   * @throws UnreadableInputException if the file is missing or too short
   */
  public static MappedBytes of(String name, Path path, long offset, long bytes) {
    return MappedFile.open(
        name,
        path,
        (channel, file) -> {
          if (offset < 0 || bytes < 0 || file.size() - offset < bytes) {
            throw new UnreadableInputException(
                "%s: %s has %d bytes; %d from byte %d on are asked for"
                    .formatted(name, path, file.size(), bytes, offset));
          }
          return file.slice(offset, bytes);
        },
        (file, part) -> new MappedBytes(file, new ByteText(name, part)));
  }
}
