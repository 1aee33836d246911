package io.gio4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every public type says what it is. */
class JavadocTest {
  private static final Pattern PUBLIC_TYPE =
      Pattern.compile("\\s*public (\\w+ )*(class|record|interface|enum) .*");

  @Test
  void publicTypesAreDocumented() throws IOException {
    List<String> bare = new ArrayList<>();
    int types = 0;
    try (Stream<Path> files = Files.walk(Path.of("src", "main", "java"))) {
      for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
        List<String> lines = Files.readAllLines(file);
        for (int line = 0; line < lines.size(); line++) {
          if (PUBLIC_TYPE.matcher(lines.get(line)).matches()) {
            types++;
            int before = line - 1;
            while (before > 0 && lines.get(before).strip().startsWith("@")) {
              before--;
            }
            if (before < 0 || !lines.get(before).strip().endsWith("*/")) {
              bare.add(file + ": " + lines.get(line).strip());
            }
          }
        }
      }
    }
    assertTrue(types > 40, "only " + types + " found");
    assertEquals(List.of(), bare);
  }
}
