package io.gio4j.gateway;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import py4j.Protocol;
import py4j.StringUtil;

/**
 * Listens on the loopback address and lets in connections that show the token, each to a {@link
 * GatewaySession} of its own.
 *
 * <p>Every user of the machine can connect here, so a connection costs little until it has shown
 * the token: a descriptor and a buffer as long as the line it must send, but no thread, since one
 * thread serves all that wait. At most {@link #MAX_WAITING} wait, for at most {@link #WAIT_MILLIS};
 * when there are more, the oldest is closed. A client that sends the token at once is let in
 * however many others connect: what has arrived is read before anything is closed.
 *
 * <p>Py4J's own server is not used because it gives each stranger a thread and lines without end,
 * stops listening at the first failed accept, and lets a client construct and call any class.
 */
final class GatewayServer {
  static final int MAX_WAITING = 64;
  static final int WAIT_MILLIS = 1_000;

  /** Half of those that can wait, so that none is closed before its first line was read. */
  private static final int ACCEPTED_AT_ONCE = MAX_WAITING / 2;

  /** In a burst, connections wait in the kernel, where they cost the engine nothing. */
  private static final int BACKLOG = 4_096;

  /** Pause before listening again after a failure, such as a lack of descriptors. */
  private static final int REST_MILLIS = 100;

  private static final byte[] REFUSAL =
      Protocol.getOutputErrorCommand("the token is wrong").getBytes(StandardCharsets.UTF_8);

  private final byte[] password;
  private final GatewayEntryPoint entryPoint;
  private final Runnable end;
  private final Selector selector;
  private final ServerSocketChannel listener;
  private final SelectionKey listening;

  /** Oldest first. */
  private final Set<Visitor> waiting = new LinkedHashSet<>();

  private final Thread thread =
      Thread.ofPlatform().daemon().name("gio4j-server").unstarted(this::run);

  private GatewayServer(String token, GatewayEntryPoint entryPoint, Runnable end)
      throws IOException {
    this.password =
        (Protocol.AUTH_COMMAND_NAME + "\n" + StringUtil.escape(token) + "\n")
            .getBytes(StandardCharsets.UTF_8);
    this.entryPoint = entryPoint;
    this.end = end;
    selector = Selector.open();
    listener = ServerSocketChannel.open();
    listener.configureBlocking(false);
    listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), BACKLOG);
    listening = listener.register(selector, SelectionKey.OP_ACCEPT);
  }

  /**
   * Starts to listen at a port of the system's choice.
   *
   * @param end run once a client's {@code shutdown} has its reply
   */
  static GatewayServer start(String token, GatewayEntryPoint entryPoint, Runnable end)
      throws IOException {
    GatewayServer server = new GatewayServer(token, entryPoint, end);
    server.thread.start();
    return server;
  }

  int port() {
    return listener.socket().getLocalPort();
  }

  /**
   * Stops listening; sessions continue. Waits for the server's thread, since the system takes
   * connections at the port until the selector has let go of it.
   */
  void close() throws IOException, InterruptedException {
    listener.close();
    selector.wakeup();
    thread.join();
  }

  private void run() {
    boolean failed = false;
    try (selector) {
      while (listener.isOpen()) {
        try {
          if (failed) {
            rest();
          }
          serve();
          failed = false;
        } catch (IOException | RuntimeException | Error failure) {
          failed = true;
        }
      }
      closeWaiting();
    } catch (IOException _) {
      // The listener is closed all the same.
    }
  }

  private void serve() throws IOException {
    selector.select(patienceMillis());
    if (!listener.isOpen()) {
      return;
    }
    listening.interestOps(SelectionKey.OP_ACCEPT);
    for (SelectionKey key : selector.selectedKeys()) {
      if (key.attachment() instanceof Visitor visitor) {
        read(visitor);
      }
    }
    selector.selectedKeys().clear();
    while (!waiting.isEmpty() && oldest().millisLeft() <= 0) {
      close(oldest());
    }
    for (int i = 0; i < ACCEPTED_AT_ONCE && accept(); i++) {
      // Each is read at once, since the token has usually arrived with the connection.
    }
  }

  /** {@return the time until the next timeout; 0 if there is none} */
  private long patienceMillis() {
    if (listening.interestOps() == 0) {
      return REST_MILLIS;
    }
    return waiting.isEmpty() ? 0 : Math.max(oldest().millisLeft(), 1);
  }

  /** Closes connections without token, and leaves new ones in the kernel's queue for a moment. */
  private void rest() {
    closeWaiting();
    listening.interestOps(0);
  }

  private boolean accept() throws IOException {
    SocketChannel channel = listener.accept();
    if (channel == null) {
      return false;
    }
    Visitor visitor = new Visitor(channel, password.length);
    waiting.add(visitor);
    channel.configureBlocking(false);
    read(visitor);
    if (waiting.contains(visitor)) {
      channel.register(selector, SelectionKey.OP_READ, visitor);
      if (waiting.size() > MAX_WAITING) {
        close(oldest());
      }
    }
    return true;
  }

  /** Reads what has arrived, and lets the connection in or closes it once that is decided. */
  private void read(Visitor visitor) {
    try {
      if (visitor.channel.read(visitor.shown) < 0) {
        close(visitor);
      } else if (visitor.hasShown(password)) {
        letIn(visitor);
      } else if (visitor.isDone()) {
        visitor.channel.write(ByteBuffer.wrap(REFUSAL));
        close(visitor);
      }
    } catch (IOException | OutOfMemoryError failure) {
      close(visitor);
    }
  }

  private void letIn(Visitor visitor) throws IOException {
    SelectionKey key = visitor.channel.keyFor(selector);
    if (key != null) {
      key.cancel();
    }
    visitor.channel.configureBlocking(true);
    // Else Nagle's algorithm and delayed acknowledgements hold back replies of 8 kB for 43 ms.
    visitor.channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    GatewaySession.start(visitor.channel, entryPoint, end);
    waiting.remove(visitor);
  }

  private Visitor oldest() {
    return waiting.iterator().next();
  }

  private void closeWaiting() {
    while (!waiting.isEmpty()) {
      close(oldest());
    }
  }

  private void close(Visitor visitor) {
    waiting.remove(visitor);
    try {
      visitor.channel.close();
    } catch (IOException failure) {
      // Closed it is all the same.
    }
  }

  /** A connection that has not shown the token so far. */
  private static final class Visitor {
    private final SocketChannel channel;
    private final ByteBuffer shown;
    private final long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(WAIT_MILLIS);

    /** Nothing past the password is read, so that nothing of a session is lost here. */
    Visitor(SocketChannel channel, int passwordLength) {
      this.channel = channel;
      this.shown = ByteBuffer.allocate(passwordLength);
    }

    /** Compares in a time that does not depend on where the two differ. */
    boolean hasShown(byte[] password) {
      return !shown.hasRemaining() && MessageDigest.isEqual(shown.array(), password);
    }

    /** Whether two lines, or as many bytes as the password has, have arrived. */
    boolean isDone() {
      int lines = 0;
      for (int i = 0; i < shown.position(); i++) {
        if (shown.get(i) == '\n') {
          lines++;
        }
      }
      return lines > 1 || !shown.hasRemaining();
    }

    long millisLeft() {
      return TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
    }
  }
}
