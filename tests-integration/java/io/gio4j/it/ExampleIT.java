package io.gio4j.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The example project, as a user builds and runs it. */
@Timeout(300)
class ExampleIT {
  private static final Path PROJECT = Path.of("examples", "java");
  private static final Path GATEWAY = Path.of(System.getProperty("gio4j.gatewayJar"));
  private static final String JAVA_HOME = System.getProperty("java.home");

  @Test
  void theGatewayJarIsEnoughToTryIt() throws IOException, InterruptedException {
    List<String> lines =
        run(
            new ProcessBuilder(
                Path.of(JAVA_HOME, "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "-cp",
                GATEWAY.toString(),
                PROJECT.resolve("src/main/java/example/SelectRows.java").toString()));
    assertRowsOfTheTargetsKinds(lines);
  }

  /** Through the library's coordinates: its jar, its pom and what that depends on. */
  @Test
  void theProjectIsBuiltByMaven() throws IOException, InterruptedException {
    Path folder = Path.of("target", "example-project").toAbsolutePath();
    remove(folder);
    Path repository = folder.resolve("repository");
    String version = GATEWAY.getFileName().toString().replaceAll("gio4j-(.*)-gateway[.]jar", "$1");
    borrow(Path.of(System.getProperty("gio4j.localRepository")), repository);
    Path library = Files.createDirectories(repository.resolve("io/gio4j/gio4j/" + version));
    Files.copy(Path.of("pom.xml"), library.resolve("gio4j-" + version + ".pom"));
    String jar = "gio4j-" + version + ".jar";
    Files.copy(GATEWAY.resolveSibling(jar), library.resolve(jar));
    Path project = folder.resolve("project");
    try (Stream<Path> files = Files.walk(PROJECT)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path copy = project.resolve(PROJECT.relativize(file));
        Files.createDirectories(copy.getParent());
        Files.copy(file, copy);
      }
    }

    List<String> maven =
        List.of(
            Path.of(System.getProperty("gio4j.maven"), "bin", "mvn").toString(),
            "--batch-mode",
            "--no-transfer-progress",
            "--quiet",
            "-Dmaven.repo.local=" + repository,
            "-Dgio4j.version=" + version);
    assertRowsOfTheTargetsKinds(run(maven(maven, project, "compile", "exec:exec")));

    Path list = folder.resolve("classpath");
    String goal = "org.apache.maven.plugins:maven-dependency-plugin:" + dependencyPlugin();
    run(maven(maven, project, goal + ":build-classpath", "-Dmdep.outputFile=" + list));
    String brought = Files.readString(list);
    assertTrue(brought.contains("fastutil"), brought);
    for (String unwanted : List.of("py4j", "jackson", "netty", "arrow")) {
      assertFalse(brought.contains(unwanted), brought);
    }
  }

  private static ProcessBuilder maven(List<String> maven, Path project, String... goals) {
    List<String> command = new ArrayList<>(maven);
    command.addAll(List.of(goals));
    ProcessBuilder process = new ProcessBuilder(command).directory(project.toFile());
    process.environment().put("JAVA_HOME", JAVA_HOME);
    process.environment().remove("MAVEN_ARGS");
    return process;
  }

  /** The version that this build uses, which is in the local repository. */
  private static String dependencyPlugin() throws IOException {
    Matcher version =
        Pattern.compile("maven-dependency-plugin</artifactId>\\s*<version>([^<]+)")
            .matcher(Files.readString(Path.of("pom.xml")));
    assertTrue(version.find());
    return version.group(1);
  }

  private static void assertRowsOfTheTargetsKinds(List<String> lines) {
    int first = lines.indexOf("picked of each kind: [70, 30, 0, 0, 0]");
    assertTrue(first >= 0, lines.toString());
    assertEquals("stopped by: budget", lines.get(first + 1));
    String distances = lines.get(first + 2);
    assertTrue(
        distances.matches("energy distance to the target: pool [2-9].*, picked 0[.]0.*"),
        distances);
  }

  /** Links to all that the other repository has, but no gio4j of before. */
  private static void borrow(Path from, Path to) throws IOException {
    Path own = Path.of("io", "gio4j");
    for (Path at : List.of(Path.of(""), Path.of("io"))) {
      Files.createDirectories(to.resolve(at));
      try (Stream<Path> entries = Files.list(from.resolve(at))) {
        for (Path entry : entries.toList()) {
          Path name = from.relativize(entry);
          if (!own.startsWith(name)) {
            Files.createSymbolicLink(to.resolve(name), entry.toAbsolutePath());
          }
        }
      }
    }
  }

  /** A folder and what is in it, links without what they lead to. */
  private static void remove(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  private static List<String> run(ProcessBuilder command) throws IOException, InterruptedException {
    Process process = command.redirectErrorStream(true).start();
    List<String> lines;
    try (var output = process.inputReader(StandardCharsets.UTF_8)) {
      lines = output.lines().toList();
    }
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    assertEquals(0, process.exitValue(), lines.toString());
    return lines;
  }
}
