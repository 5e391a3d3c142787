package io.github.fastagencyprotocol.sdk;

/** The server sent a frame or a response that is not what it should be. */
public final class MalformedMessageException extends FastAgencyException {
  private static final long serialVersionUID = 1L;

  /** What arrived. */
  private final String text;

  MalformedMessageException(String why, String text) {
    super(why, null);
    this.text = text;
  }

  /**
   * Returns what arrived.
   *
   * @return the text; bytes that are not UTF-8 stand in it as replacement characters
   */
  public String text() {
    return text;
  }
}
