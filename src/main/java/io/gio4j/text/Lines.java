package io.gio4j.text;

/**
 * The lines of a text, one after another, blank ones left out. A line feed, a carriage return or
 * both end a line, even within quotes; the last line may lack its end.
 */
final class Lines {
  private final byte[] text;
  private int start;
  private int end;
  private int following;
  private int number = -1;

  Lines(byte[] text) {
    this.text = text;
  }

  /** Moves to the next line that is not blank; returns false if there is none. */
  boolean next() {
    while (following < text.length) {
      start = following;
      end = end(text, start, text.length);
      following = behind(text, end);
      number++;
      if (!isBlank()) {
        return true;
      }
    }
    number++;
    return false;
  }

  private boolean isBlank() {
    for (int at = start; at < end; at++) {
      if (!Bytes.isBlank(text[at])) {
        return false;
      }
    }
    return true;
  }

  int start() {
    return start;
  }

  int end() {
    return end;
  }

  /** {@return the lines before this one, blank ones included; after the last one, all lines} */
  int number() {
    return number;
  }

  /** The first place of a line end between two positions, or the second one. */
  static int end(byte[] text, int from, int to) {
    return Bytes.indexOfEither('\n', '\r', text, from, to);
  }

  /** {@return where the line after a line end begins} */
  static int behind(byte[] text, int end) {
    boolean isPair = end + 1 < text.length && text[end] == '\r' && text[end + 1] == '\n';
    return Math.min(text.length, end + (isPair ? 2 : 1));
  }
}
