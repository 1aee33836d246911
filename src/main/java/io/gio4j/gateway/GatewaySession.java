package io.gio4j.gateway;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import py4j.Protocol;
import py4j.ReturnObject;
import py4j.StringUtil;
import py4j.commands.CallCommand;

/**
 * A connection that has shown the token, and the thread that answers its calls one after another.
 *
 * <p>Of Py4J's commands only the call of a method of the entry point is supported. A failure here
 * ends at most this connection; a call that is too large for the memory is answered with {@link
 * ErrorCode#OUT_OF_MEMORY}.
 */
final class GatewaySession {
  /** The JVM would copy larger writes outside the heap in full, and again for each part sent. */
  private static final int WRITTEN_AT_ONCE = 1 << 16;

  private static final byte[] WELCOME = bytes(Protocol.getOutputVoidCommand());

  /** Made in advance, as there may be no memory for it when it is needed. */
  private static final byte[] OUT_OF_MEMORY = success(GatewayEntryPoint.error(Failure.FULL));

  private static final Logger LOG = LoggerFactory.getLogger(GatewaySession.class);

  private final SocketChannel channel;
  private final GatewayEntryPoint entryPoint;
  private final Runnable end;

  private GatewaySession(SocketChannel channel, GatewayEntryPoint entryPoint, Runnable end) {
    this.channel = channel;
    this.entryPoint = entryPoint;
    this.end = end;
  }

  /**
   * Starts it.
   *
   * @param end run once a {@code shutdown} has its reply
   */
  static void start(SocketChannel channel, GatewayEntryPoint entryPoint, Runnable end) {
    GatewaySession session = new GatewaySession(channel, entryPoint, end);
    Thread.ofPlatform().daemon().name("gio4j-session").start(session::run);
  }

  /** What follows an answer. */
  private enum Next {
    COMMAND,
    CLOSE,
    END
  }

  private record Answer(byte[] line, Next next) {}

  private void run() {
    Next next = Next.COMMAND;
    try (channel) {
      CommandReader commands = new CommandReader(channel.socket().getInputStream());
      OutputStream out = channel.socket().getOutputStream();
      out.write(WELCOME);
      while (next == Next.COMMAND) {
        Answer answer = answer(commands);
        next = answer.next();
        write(answer.line(), out);
      }
    } catch (IOException gone) {
      // The client has disconnected; its jobs continue.
    } catch (RuntimeException | Error failure) {
      LOG.debug("a connection has ended", failure);
    }
    if (next == Next.END) {
      end.run();
    }
  }

  private static void write(byte[] line, OutputStream out) throws IOException {
    for (int at = 0; at < line.length; at += WRITTEN_AT_ONCE) {
      out.write(line, at, Math.min(WRITTEN_AT_ONCE, line.length - at));
    }
  }

  /** Answers the next command. */
  private Answer answer(CommandReader commands) throws IOException {
    try {
      List<String> command = commands.next();
      return command == null ? new Answer(new byte[0], Next.CLOSE) : answer(command);
    } catch (GatewayException known) {
      return new Answer(success(GatewayEntryPoint.error(known)), Next.COMMAND);
    } catch (IllegalArgumentException refused) {
      return new Answer(error(Protocol.ERROR, refused.getMessage()), Next.COMMAND);
    } catch (OutOfMemoryError full) {
      return new Answer(OUT_OF_MEMORY, Next.COMMAND);
    }
  }

  private Answer answer(List<String> command) {
    if (command.size() < 3 || !command.getFirst().equals(CallCommand.CALL_COMMAND_NAME)) {
      // The end of other commands is not certain, so what follows could be misread.
      String name = command.isEmpty() ? "" : EntryPointCalls.shown(command.getFirst());
      String message = EntryPointCalls.refusal("Py4J's command " + name).getMessage();
      return new Answer(error(Protocol.FATAL_ERROR, message), Next.CLOSE);
    }
    String target = command.get(1);
    String method = command.get(2);
    if (!target.equals(Protocol.ENTRY_POINT_OBJECT_ID)) {
      throw EntryPointCalls.refusal(EntryPointCalls.shown(target + "." + method));
    }
    String reply = EntryPointCalls.call(entryPoint, method, command.subList(3, command.size()));
    return new Answer(
        success(reply), method.equals(EntryPointCalls.SHUTDOWN) ? Next.END : Next.COMMAND);
  }

  private static byte[] success(String reply) {
    return bytes(Protocol.getOutputCommand(ReturnObject.getPrimitiveReturnObject(reply)));
  }

  private static byte[] error(char kind, String message) {
    return bytes(
        ""
            + Protocol.RETURN_MESSAGE
            + kind
            + Protocol.STRING_TYPE
            + StringUtil.escape(message)
            + Protocol.END_OUTPUT);
  }

  private static byte[] bytes(String line) {
    return line.getBytes(StandardCharsets.UTF_8);
  }
}
