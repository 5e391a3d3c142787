package io.github.fastagencyprotocol.sdk;

/** The conversation cannot go on. */
public abstract sealed class ConversationException extends FastAgencyException
    permits ConversationRefusedException, ConversationLostException {
  private static final long serialVersionUID = 1L;

  /** The code of the close frame. */
  private final int code;

  /** The reason of the close frame. */
  private final String reason;

  ConversationException(String message, int code, String reason) {
    super(message, null);
    this.code = code;
    this.reason = reason;
  }

  /**
   * Returns the code of the close frame (spec FA-CLS).
   *
   * @return the code; 1006 when no close frame came (RFC 6455, 7.1.5)
   */
  public int code() {
    return code;
  }

  /**
   * Returns the reason of the close frame.
   *
   * @return the reason; empty when there is none
   */
  public String reason() {
    return reason;
  }
}
