package io.gio4j.gateway;

import io.gio4j.arrow.MappedBytes;
import java.nio.file.Path;

/** Where a request's text lies: some bytes of a file, shared memory for instance. */
record TextSource(String name, String path, long offset, long bytes) {
  TextSource {
    MatrixSource.requireNamed(name, path);
  }

  /** Maps it; the caller closes it. */
  MappedBytes open() {
    return MappedBytes.of(name, Path.of(path), offset, bytes);
  }
}
