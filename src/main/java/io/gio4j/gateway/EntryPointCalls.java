package io.gio4j.gateway;

import java.util.List;
import java.util.function.Function;
import py4j.Protocol;

/**
 * The methods of the entry point by their names, with arguments as Py4J writes them. Nothing else
 * of the JVM can be reached: no class and no object is looked up by a name that a client sent.
 */
final class EntryPointCalls {
  static final String SHUTDOWN = "shutdown";

  private static final int SHOWN_CHARACTERS = 80;

  private EntryPointCalls() {}

  /**
   * Calls a method; its reply is JSON.
   *
   * @param arguments each a letter for its kind, then its value
   * @throws IllegalArgumentException when there is no such method, or not with such arguments
   */
  static String call(GatewayEntryPoint entryPoint, String method, List<String> arguments) {
    Arguments given = new Arguments(method, arguments);
    return switch (method + "/" + arguments.size()) {
      case "handshake/1" -> entryPoint.handshake(given.text(0));
      case "submit/2" -> entryPoint.submit(given.text(0), given.text(1));
      case "poll/3" -> entryPoint.poll(given.text(0), given.integer(1), given.integer(2));
      case "cancel/1" -> entryPoint.cancel(given.text(0));
      case "finish/1" -> entryPoint.finish(given.text(0));
      case "collect/3" -> entryPoint.collect(given.text(0), given.text(1), given.number(2));
      case "release/1" -> entryPoint.release(given.text(0));
      case "info/0" -> entryPoint.info();
      case SHUTDOWN + "/0" -> entryPoint.shutdown();
      default -> throw refusal("%s with %d arguments".formatted(shown(method), arguments.size()));
    };
  }

  /** {@return the error for anything but the call of an existing method} */
  static IllegalArgumentException refusal(String what) {
    return new IllegalArgumentException(
        what
            + " cannot be called; only the entry point's methods can: handshake(text),"
            + " submit(text, text), poll(text, int, int), cancel(text), finish(text),"
            + " collect(text, text, long), release(text), info() and shutdown()");
  }

  /** {@return what a client sent, shortened for a message} */
  static String shown(String sent) {
    return sent.length() <= SHOWN_CHARACTERS ? sent : sent.substring(0, SHOWN_CHARACTERS) + "...";
  }

  private record Arguments(String method, List<String> sent) {
    String text(int index) {
      return value(index, "text", Protocol::getString, Protocol.STRING_TYPE);
    }

    int integer(int index) {
      return value(index, "an int", Protocol::getInteger, Protocol.INTEGER_TYPE);
    }

    /** Py4J's clients send what fits as an int. */
    long number(int index) {
      return value(index, "a long", Protocol::getLong, Protocol.INTEGER_TYPE, Protocol.LONG_TYPE);
    }

    private <T> T value(int index, String name, Function<String, T> read, Character... kinds) {
      String argument = sent.get(index);
      try {
        if (!argument.isEmpty() && List.of(kinds).contains(argument.charAt(0))) {
          return read.apply(argument);
        }
      } catch (NumberFormatException notANumber) {
        // Rejected below.
      }
      throw refusal(
          "%s with %s as argument %d instead of %s"
              .formatted(method, shown(argument), index + 1, name));
    }
  }
}
