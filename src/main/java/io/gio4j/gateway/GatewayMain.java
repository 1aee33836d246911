package io.gio4j.gateway;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * Starts the engine behind a Py4J gateway on the loopback address, at a port of the system's
 * choice.
 *
 * <p>The secret token comes as the first line of standard input. Standard output gets one line,
 * {@code READY} and a JSON object, and nothing after it. The process ends with its parent: when
 * standard input ends, and, since a fork of the parent may hold that pipe open, when the process
 * {@code -Dgio4j.parent} ends.
 */
public final class GatewayMain {
  private static final int MIN_TOKEN_LENGTH = 32;
  private static final int EXIT_FAILED = 1;
  private static final int EXIT_MISUSED = 2;

  private GatewayMain() {}

  /**
   * Runs until the parent ends.
   *
   * @param arguments are not used
   */
  public static void main(String[] arguments) {
    PrintStream out = System.out;
    System.setOut(System.err);
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try {
      String token = in.readLine();
      if (token == null || token.length() < MIN_TOKEN_LENGTH) {
        System.err.println(
            "the first line of standard input must be a token of at least %d characters"
                .formatted(MIN_TOKEN_LENGTH));
        System.exit(EXIT_MISUSED);
      }
      Long parent = Long.getLong("gio4j.parent");
      if (parent != null) {
        ParentWatch.start(parent, () -> Runtime.getRuntime().halt(0));
      }
      out.println("READY " + start(token));
      out.close();
      waitForEnd(in);
      Runtime.getRuntime().halt(0);
    } catch (ExceptionInInitializerError unusable) {
      // Flags are read where a class is initialised: -Dgio4j.simd, -Dgio4j.threads.
      System.err.println("the gateway did not start: " + unusable.getCause().getMessage());
      System.exit(EXIT_MISUSED);
    } catch (IOException | RuntimeException | LinkageError failure) {
      System.err.println("the gateway did not start: " + failure);
      failure.printStackTrace();
      System.exit(EXIT_FAILED);
    }
  }

  private static String start(String token) throws IOException {
    GatewayEntryPoint entryPoint = new GatewayEntryPoint();
    // Not earlier: of two threads that meet an invalid flag only the first gets the reason.
    Warmup.start();
    GatewayServer server =
        GatewayServer.start(token, entryPoint, () -> Runtime.getRuntime().exit(0));
    return entryPoint.ready(server.port());
  }

  private static void waitForEnd(BufferedReader in) throws IOException {
    while (in.read() >= 0) {
      // Nothing is expected after the token; only the end of the stream matters.
    }
  }
}
