package io.gio4j.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who is let in, what strangers can do meanwhile, and what a client can reach afterwards. */
@Timeout(60)
class GatewayServerTest {
  private static final String TOKEN = "a \\token of 32 characters or more";
  private static final String PASSWORD = "A\n" + TOKEN.replace("\\", "\\\\") + "\n";
  private static final String INFO = "c\nt\ninfo\ne\n";

  private final CountDownLatch ended = new CountDownLatch(1);
  private final List<Client> clients = new ArrayList<>();
  private GatewayServer server;

  @BeforeEach
  void start() throws IOException {
    server = GatewayServer.start(TOKEN, new GatewayEntryPoint(), ended::countDown);
  }

  @AfterEach
  void close() throws Exception {
    for (Client client : clients) {
      client.socket.close();
    }
    server.close();
  }

  private final class Client {
    final Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
    final BufferedReader answers =
        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));

    Client() throws IOException {
      socket.setSoTimeout(30_000);
      clients.add(this);
    }

    Client send(String text) throws IOException {
      socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
      return this;
    }

    String answer() throws IOException {
      return answers.readLine();
    }

    /** Waits until the server has closed it; what it said before that. */
    String lastWords() throws IOException {
      StringBuilder words = new StringBuilder();
      try {
        for (String line = answer(); line != null; line = answer()) {
          words.append(line);
        }
      } catch (SocketException reset) {
        // What arrived after the refusal was not read.
      }
      return words.toString();
    }
  }

  private Client owner() throws IOException {
    Client client = new Client().send(PASSWORD);
    assertEquals("!yv", client.answer());
    return client;
  }

  private void assertWorks(Client owner) throws IOException {
    String answer = owner.send(INFO).answer();
    assertTrue(answer.startsWith("!ys{\"ok\":"), answer);
  }

  @Test
  void theTokenMayArriveInPieces() throws IOException {
    Client client = new Client();
    for (int i = 0; i < PASSWORD.length(); i++) {
      client.send(PASSWORD.substring(i, i + 1));
    }
    assertEquals("!yv", client.answer());
    assertWorks(client);
  }

  @Test
  void aCallMayFollowTheTokenAtOnce() throws IOException {
    Client client = new Client().send(PASSWORD + INFO);
    assertEquals("!yv", client.answer());
    assertTrue(client.answer().startsWith("!ys{\"ok\":"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "A\n\n",
        "A\nwrong\n",
        "A\na \\token of 32 characters or more\n",
        "A\na \\\\token of 32 characters or morE\n",
        "A\na \\\\token of 32 characters or more and more\n",
        "c\nt\ninfo\ne\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
      })
  void aWrongTokenIsRefused(String shown) throws IOException {
    assertEquals("!xsthe token is wrong", new Client().send(shown).lastWords());
    assertWorks(owner());
  }

  @Test
  void whoSaysNothingIsClosedAfterASecond() throws IOException {
    long began = System.nanoTime();
    assertEquals("", new Client().lastWords());
    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
    assertTrue(millis >= GatewayServer.WAIT_MILLIS - 20, millis + " ms");
  }

  /** Each letter comes in time, the line does not. */
  @Test
  void aSlowLineIsNoWayToStay() throws Exception {
    Client client = new Client();
    long began = System.nanoTime();
    Thread slow =
        Thread.ofPlatform()
            .start(() -> {
              try {
                while (true) {
                  client.send("x");
                  TimeUnit.MILLISECONDS.sleep(100);
                }
              } catch (IOException | InterruptedException closed) {
                // As it should be.
              }
            });
    client.lastWords();
    slow.join();
    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
    assertTrue(millis < 10 * GatewayServer.WAIT_MILLIS, millis + " ms");
  }

  @Test
  void aLineWithoutEndIsRefusedBeforeItFillsAnything() throws IOException {
    Client client = new Client();
    long sent = 0;
    try {
      for (String more = "A".repeat(1 << 16); sent < 1L << 32; sent += more.length()) {
        client.send(more);
      }
    } catch (SocketException closed) {
      // By the server, after what the kernel's buffers held.
    }
    assertTrue(sent < 1L << 26, sent + " bytes");
    assertWorks(owner());
  }

  @Test
  void idleStrangersPushOutEachOtherOnly() throws IOException {
    Client early = owner();
    List<Client> strangers = new ArrayList<>();
    for (int i = 0; i < 3 * GatewayServer.MAX_WAITING; i++) {
      strangers.add(new Client());
      if (i % 20 == 0) {
        assertWorks(early);
        assertWorks(owner());
      }
    }
    long began = System.nanoTime();
    assertEquals("", strangers.getFirst().lastWords());
    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
    assertTrue(millis < GatewayServer.WAIT_MILLIS, "pushed out, not too late: " + millis + " ms");
    assertWorks(early);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "c\nz:java.lang.Runtime\ngetRuntime\ne\n",
        "c\nGATEWAY_SERVER\nshutdown\ne\n",
        "c\nj\nlist\ne\n",
        "c\no0\ntoString\ne\n",
        "c\nt\ngetClass\ne\n",
        "c\nt\nhashCode\ne\n",
        "c\nt\nready\ni1\ne\n"
      })
  void otherCallsAreRefusedAndTheConnectionStays(String command) throws IOException {
    Client client = owner();
    assertRefused("!xs", client.send(command).answer());
    assertWorks(client);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "i\njava.lang.ProcessBuilder\nsls\ne\n",
        "r\nu\njava\nrj\ne\n",
        "r\nc\njava.lang.Runtime\ne\n",
        "f\ng\nt\njobs\ne\n",
        "j\nc\nsview\ne\n",
        "h\no\nt\nn\nbfalse\ne\n",
        "a\nc\nsint\ni3\ne\n",
        "a\ne\no0\ne\n",
        "l\ns\no0\ne\n",
        "d\nm\nt\ne\n",
        "m\nd\no0\ne\n",
        "p\nro0\ne\n",
        "S\nt\ninfo\ne\n",
        "A\n" + TOKEN + "\ne\n",
        "c\nt\ne\n",
        "e\n",
        "\u0000\ne\n"
      })
  void otherCommandsAreRefusedWithTheConnection(String command) throws IOException {
    Client client = owner();
    assertRefused("!zs", client.send(command).answer());
    assertEquals("", client.lastWords());
    assertWorks(owner());
  }

  @Tag("slow")
  @Test
  void aCommandLargerThanItsShareOfMemoryFailsAlone() throws IOException {
    Client client = owner();
    client.send("c\nt\nsubmit\nsa\ns");
    String more = "x".repeat(1 << 20);
    for (long sent = 0; sent <= Runtime.getRuntime().maxMemory() / 16; sent += more.length()) {
      client.send(more);
    }
    String answer = client.send("\ne\n").answer();
    assertTrue(answer.startsWith("!ys{\"error\":"), answer);
    assertTrue(answer.contains("\"OUT_OF_MEMORY\""), answer);
    assertWorks(client);
  }

  @Test
  void shutdownIsAnsweredBeforeTheEnd() throws Exception {
    Client client = owner();
    client.send("c\nt\nshutdown\nsa\ne\n");
    assertTrue(client.answer().startsWith("!xs"));
    assertWorks(client);
    assertEquals(1, ended.getCount());
    assertEquals("!ys{\"ok\":{}}", client.send("c\nt\nshutdown\ne\n").answer());
    assertNull(client.answer());
    assertTrue(ended.await(30, TimeUnit.SECONDS));
  }

  @Test
  void shutdownWhoseClientIsGoneEndsAllTheSame() throws Exception {
    Client client = owner();
    client.send("c\nt\nshutdown\ne\n").socket.close();
    assertTrue(ended.await(30, TimeUnit.SECONDS));
  }

  @Test
  void aClosedServerListensNoMore() throws Exception {
    Client client = owner();
    Client stranger = new Client();
    int port = server.port();
    server.close();
    assertEquals("", stranger.lastWords());
    assertFalse(canConnect(port));
    assertWorks(client);
  }

  private static boolean canConnect(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException refused) {
      return false;
    }
  }

  private static void assertRefused(String kind, String answer) {
    assertTrue(answer.startsWith(kind), answer);
    assertTrue(answer.contains("only the entry point's methods can"), answer);
  }
}
