package io.gio4j.gateway;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.gio4j.arrow.MappedText;
import java.nio.file.Path;

/** Where a request's text lies; a {@code column} of null is the only one of text. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
  @JsonSubTypes.Type(value = TextSource.Stream.class, name = "arrow-stream"),
  @JsonSubTypes.Type(value = TextSource.File.class, name = "arrow-file")
})
sealed interface TextSource {
  /** Maps it; the caller closes it. */
  MappedText open();

  /** A column of an Arrow IPC stream that begins at a byte of a file. */
  record Stream(String name, String path, long offset, String column) implements TextSource {
    @Override
    public MappedText open() {
      return MappedText.arrowStream(name, Path.of(path), offset, column);
    }
  }

  /** A column of an Arrow IPC file. */
  record File(String name, String path, String column) implements TextSource {
    @Override
    public MappedText open() {
      return MappedText.arrowFile(name, Path.of(path), column);
    }
  }
}
