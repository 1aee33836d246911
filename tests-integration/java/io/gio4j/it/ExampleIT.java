package io.gio4j.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The example program, compiled and run against the packaged jar as a user would. */
@Timeout(120)
class ExampleIT {
  private static final Path PROGRAM =
      Path.of("tests-integration", "java", "io", "gio4j", "example", "SelectRows.java");

  @Test
  void rowsAreSelectedInTheTargetsProportions() throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "-cp",
                System.getProperty("gio4j.gatewayJar"),
                PROGRAM.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    List<String> lines;
    try (var output = process.inputReader(StandardCharsets.UTF_8)) {
      lines = output.lines().toList();
    }
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    assertEquals(0, process.exitValue());
    assertEquals("picked of each kind: [70, 30, 0, 0, 0]", lines.get(0));
    assertEquals("stopped by: budget", lines.get(1));
    assertTrue(lines.get(2).matches("energy distance to the target: pool [2-9].*, picked 0[.]0.*"));
  }
}
