package io.gio4j.it;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The packaged jar as a process, and a client of it that speaks Py4J's text protocol by hand. */
final class Engine implements AutoCloseable {
  static final String TOKEN = "a token of 32 characters or more, secret";

  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String NEW_LINE = System.lineSeparator();
  private static final Pattern ESCAPE = Pattern.compile("\\\\(.)");

  /** Generous: a process that hangs fails its test, one that is slow does not. */
  private static final long PATIENCE_SECONDS = 60;

  private final Process process;
  private final BufferedReader output;
  private final BufferedReader errors;
  private final Writer input;
  private JsonNode ready;

  private Engine(Process process) {
    this.process = process;
    this.output = process.inputReader(StandardCharsets.UTF_8);
    this.errors = process.errorReader(StandardCharsets.UTF_8);
    this.input = process.outputWriter(StandardCharsets.UTF_8);
  }

  /** Starts it as {@code docs/gateway.md} says, without a token so far. */
  static Engine launch(String... flags) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "--add-modules=jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
            "--add-opens=java.base/java.nio=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Xmx256m"));
    command.addAll(List.of(flags));
    command.addAll(
        List.of("-cp", System.getProperty("gio4j.gatewayJar"), "io.gio4j.gateway.GatewayMain"));
    return new Engine(new ProcessBuilder(command).start());
  }

  /** Starts it and waits for its READY line. */
  static Engine start(String... flags) throws IOException {
    Engine engine = launch(flags);
    try {
      engine.send(TOKEN + "\n");
      String line = engine.output.readLine();
      assertTrue(line != null && line.startsWith("READY {"), () -> line + engine.errorText());
      engine.ready = MAPPER.readTree(line.substring("READY ".length()));
      return engine;
    } catch (Throwable failure) {
      engine.close();
      throw failure;
    }
  }

  void send(String text) throws IOException {
    input.write(text);
    input.flush();
  }

  void endInput() throws IOException {
    input.close();
  }

  /** The object of the READY line. */
  JsonNode ready() {
    return ready;
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** What standard output holds from here to its end. */
  String outputText() throws IOException {
    return output.readAllAsString();
  }

  /** What standard error holds to its end, but for what the JVM itself says of the module. */
  String errorText() {
    try {
      return errors
          .readAllAsString()
          .replace("WARNING: Using incubator modules: jdk.incubator.vector" + NEW_LINE, "");
    } catch (IOException failure) {
      return failure.toString();
    }
  }

  /** Waits for the process's end. */
  int exitStatus() throws InterruptedException {
    assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS), "the engine did not end");
    return process.exitValue();
  }

  void kill() {
    process.destroyForcibly();
  }

  @Override
  public void close() {
    kill();
  }

  /** A connection that has shown the token. */
  Client connect() throws IOException {
    Client client = new Client(TOKEN);
    assertTrue(client.isWelcome(), "the token was refused");
    return client;
  }

  /** A connection that shows this token. */
  Client connect(String token) throws IOException {
    return new Client(token);
  }

  /** Commands and answers are lines; a call's parts are lines too. */
  final class Client implements AutoCloseable {
    private final Socket socket;
    private final BufferedReader answers;
    private final String welcome;

    private Client(String token) throws IOException {
      socket = new Socket(InetAddress.getLoopbackAddress(), ready.get("port").asInt());
      socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
      answers =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      write("A\n" + escaped(token) + "\n");
      welcome = answers.readLine();
    }

    boolean isWelcome() {
      return "!yv".equals(welcome);
    }

    /** The next line, or null when the engine has closed the connection. */
    String nextLine() throws IOException {
      return answers.readLine();
    }

    void write(String text) throws IOException {
      socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Calls the entry point; the answer must be a string of JSON. */
    JsonNode call(String method, Object... arguments) throws IOException {
      StringBuilder command = new StringBuilder("c\nt\n" + method + "\n");
      for (Object argument : arguments) {
        command.append(
            switch (argument) {
              case String text -> "s" + escaped(text);
              case Integer number -> "i" + number;
              case Long number -> "L" + number;
              default -> throw new IllegalArgumentException(argument.toString());
            });
        command.append('\n');
      }
      write(command + "e\n");
      String answer = nextLine();
      assertTrue(answer != null && answer.startsWith("!ys"), () -> method + ": " + answer);
      return MAPPER.readTree(unescaped(answer.substring(3)));
    }

    /** The reply to a call that must succeed. */
    JsonNode ok(String method, Object... arguments) throws IOException {
      JsonNode reply = call(method, arguments);
      assertTrue(reply.has("ok"), () -> method + ": " + reply);
      return reply.get("ok");
    }

    /** Polls until the job has ended; its last status. */
    JsonNode end(String job) throws IOException {
      JsonNode status = ok("poll", job, 0, 0);
      while (List.of("QUEUED", "RUNNING").contains(status.get("state").asText())) {
        status = ok("poll", job, 20_000, status.get("event_count").asInt());
      }
      return status;
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private static String escaped(String text) {
    return text.replace("\\", "\\\\").replace("\r", "\\r").replace("\n", "\\n");
  }

  private static String unescaped(String text) {
    return ESCAPE
        .matcher(text)
        .replaceAll(found ->
            Matcher.quoteReplacement(
                switch (found.group(1)) {
                  case "n" -> "\n";
                  case "r" -> "\r";
                  default -> found.group(1);
                }));
  }
}
