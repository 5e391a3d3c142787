package io.github.fastagencyprotocol.sdk;

/** Which dialects of the protocol a client speaks (spec FA-NEG). */
public enum Dialect {
  /** {@code fastagency.v1} with a server that speaks it, classic with every other. */
  AUTO,
  /** Classic with every server: a conversation is as long as its connection. */
  CLASSIC
}
