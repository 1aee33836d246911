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

  /** {@return the bytes; using them after {@link #close} throws an IllegalStateException} */
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
   * @param path the file
   * @param offset first byte, from 0
   * @param bytes how many
   * @return the mapped bytes, to be closed
   * @throws IllegalArgumentException if there are more bytes than an array can have
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
