package io.gio4j.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How the packaged engine starts, whom it lets in, and when it ends. */
@Timeout(180)
class LifeIT {
  @Test
  void readyLineHasTheFactsAndNothingFollowsIt() throws Exception {
    try (Engine engine = Engine.start("-Dgio4j.threads=2", "-Dgio4j.simd=scalar")) {
      JsonNode ready = engine.ready();
      assertEquals(engine.pid(), ready.get("pid").asLong());
      assertEquals(1, ready.get("protocol").asInt());
      assertEquals("scalar", ready.get("simd").asText());
      assertEquals(2, ready.get("threads").asInt());
      assertTrue(ready.get("java").asText().startsWith("" + Runtime.version().feature()));
      assertTrue(ready.get("max_heap_bytes").asLong() > 100_000_000);
      assertTrue(
          System.getProperty("gio4j.gatewayJar").contains("-" + ready.get("version").asText()));
      assertEquals("", engine.outputText());
      engine.endInput();
      assertEquals(0, engine.exitStatus());
      assertEquals("", engine.errorText(), "a session without faults has nothing to log");
    }
  }

  @Test
  void portIsOpenOnTheLoopbackAddressOnly() throws Exception {
    try (Engine engine = Engine.start()) {
      int port = engine.ready().get("port").asInt();
      NetworkInterface.networkInterfaces()
          .flatMap(NetworkInterface::inetAddresses)
          .filter(address -> !address.isLoopbackAddress() && !address.isLinkLocalAddress())
          .forEach(address ->
              assertThrows(
                  IOException.class,
                  () -> new Socket(address, port).close(),
                  () -> "open at " + address));
    }
  }

  @Test
  void handshakeComparesVersions() throws Exception {
    try (Engine engine = Engine.start();
        Engine.Client client = engine.connect()) {
      String version = engine.ready().get("version").asText();
      String request = "{\"version\":\"%s\",\"protocol\":%d}";
      assertEquals(engine.ready(), client.ok("handshake", request.formatted(version, 1)));
      assertMismatch(client.call("handshake", request.formatted("0.0.9", 1)), "0.0.9");
      assertMismatch(client.call("handshake", request.formatted(version, 99)), "protocol 99");
      assertEquals(0, client.ok("info").get("jobs").asInt(), "and the engine goes on");
    }
  }

  private static void assertMismatch(JsonNode reply, String named) {
    assertEquals("VERSION_MISMATCH", reply.at("/error/code").asText());
    String message = reply.at("/error/message").asText();
    assertTrue(message.contains(named), message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "wrong", Engine.TOKEN + " "})
  void aWrongTokenIsShownTheDoor(String token) throws Exception {
    try (Engine engine = Engine.start()) {
      try (Engine.Client stranger = engine.connect(token)) {
        assertNotEquals(true, stranger.isWelcome());
        assertNull(afterRefusal(stranger), "the connection stays open");
      }
      try (Engine.Client client = engine.connect()) {
        assertEquals(0, client.ok("info").get("jobs").asInt());
      }
    }
  }

  /** The line after a refusal: none, by an orderly end or by a reset. */
  private static String afterRefusal(Engine.Client client) {
    try {
      return client.nextLine();
    } catch (IOException reset) {
      return null;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "short\n", "a token of 31 characters, short\n"})
  void anUnusableTokenIsMisuse(String firstLine) throws Exception {
    try (Engine engine = Engine.launch()) {
      engine.send(firstLine);
      engine.endInput();
      assertEquals(2, engine.exitStatus());
      assertEquals(
          "the first line of standard input must be a token of at least 32 characters",
          engine.errorText().strip());
      assertEquals("", engine.outputText());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "-Dgio4j.simd=fast, '-Dgio4j.simd: is fast; must be auto, scalar or vector'",
    "-Dgio4j.threads=0, 'threads: is 0; must be at least 1'"
  })
  void anUnusableFlagIsMisuseWithItsReasonInOneLine(String flag, String reason) throws Exception {
    try (Engine engine = Engine.launch(flag)) {
      engine.send(Engine.TOKEN + "\n");
      assertEquals(2, engine.exitStatus());
      assertEquals("the gateway did not start: " + reason, engine.errorText().strip());
      assertEquals("", engine.outputText());
    }
  }

  @Test
  void itEndsWhenStandardInputEnds() throws Exception {
    try (Engine engine = Engine.start();
        Engine.Client client = engine.connect()) {
      client.ok("info");
      engine.endInput();
      assertEquals(0, engine.exitStatus());
    }
  }

  @Test
  void itEndsWhenAskedToAndAnswersBefore() throws Exception {
    try (Engine engine = Engine.start();
        Engine.Client client = engine.connect()) {
      assertTrue(client.ok("shutdown").isEmpty());
      assertNull(client.nextLine());
      assertEquals(0, engine.exitStatus());
    }
  }

  @Test
  void strangersThatSayNothingKeepNobodyOut() throws Exception {
    List<Socket> strangers = new ArrayList<>();
    try (Engine engine = Engine.start();
        Engine.Client early = engine.connect()) {
      for (int i = 0; i < 500; i++) {
        strangers.add(
            new Socket(InetAddress.getLoopbackAddress(), engine.ready().get("port").asInt()));
      }
      assertEquals(0, early.ok("info").get("jobs").asInt());
      try (Engine.Client late = engine.connect()) {
        assertEquals(0, late.ok("info").get("jobs").asInt());
      }
    } finally {
      for (Socket stranger : strangers) {
        stranger.close();
      }
    }
  }

  /** Programs cannot be run by who has the token, nor any class be used. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "c\nz:java.lang.Runtime\ngetRuntime\ne\n",
        "c\nt\ngetClass\ne\n",
        "i\njava.lang.ProcessBuilder\ne\n",
        "r\nu\njava\nrj\ne\n"
      })
  void onlyTheEntryPointCanBeCalled(String command) throws Exception {
    try (Engine engine = Engine.start()) {
      try (Engine.Client client = engine.connect()) {
        client.write(command);
        String answer = client.nextLine();
        assertTrue(answer.matches("!.s.* only the entry point's methods can: .*"), answer);
      }
      try (Engine.Client client = engine.connect()) {
        assertEquals(0, client.ok("info").get("jobs").asInt());
      }
    }
  }

  /** A fork of the parent can hold standard input open; the parent's end is what counts. */
  @Test
  void itEndsWithItsParentThoughStandardInputStaysOpen() throws Exception {
    try (Engine parent = Engine.start();
        Engine engine = Engine.start("-Dgio4j.parent=" + parent.pid())) {
      try (Engine.Client client = engine.connect()) {
        client.ok("info");
      }
      parent.kill();
      assertEquals(0, engine.exitStatus());
    }
  }

  @Test
  void itDoesNotOutliveAParentThatIsGoneAlready() throws Exception {
    long gone;
    try (Engine parent = Engine.launch()) {
      gone = parent.pid();
      parent.kill();
      parent.exitStatus();
    }
    try (Engine engine = Engine.launch("-Dgio4j.parent=" + gone)) {
      engine.send(Engine.TOKEN + "\n");
      assertEquals(0, engine.exitStatus());
      assertEquals("", engine.outputText());
    }
  }

  @Test
  void itOutlivesItsClients() throws Exception {
    try (Engine engine = Engine.start()) {
      for (int i = 0; i < 3; i++) {
        try (Engine.Client client = engine.connect()) {
          client.write("c\nt\ninfo\n"); // Half a command, then the connection ends.
        }
      }
      try (Engine.Client client = engine.connect()) {
        assertEquals(0, client.ok("info").get("jobs").asInt());
      }
      assertTrue(engine.isAlive());
    }
  }
}
