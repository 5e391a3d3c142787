package io.github.fastagencyprotocol.sdk;

/** What a client shows of its connection (spec FA-LIF-3). */
public enum ConnectionState {
  /** There was no session yet. */
  CONNECTING("connecting"),
  /** The conversation is here. */
  LIVE("live"),
  /** There was a session, and the client is getting it back. */
  RECONNECTING("reconnecting"),
  /** The client has given up; the conversation did not end. */
  LOST("lost"),
  /** The conversation is over, or was left. */
  ENDED("ended");

  private final String wireValue;

  ConnectionState(String wireValue) {
    this.wireValue = wireValue;
  }

  /**
   * Returns the name that the spec has for it.
   *
   * @return the name, in lower case
   */
  public String wireValue() {
    return wireValue;
  }
}
