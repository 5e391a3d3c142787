package io.github.fastagencyprotocol.sdk;

import io.github.fastagencyprotocol.sdk.messages.ServerMessage;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.function.Supplier;

/** An iterator over what a source returns, until that returns nothing. */
final class MessageIterator implements Iterator<ServerMessage> {
  private final Supplier<Optional<ServerMessage>> source;
  private Optional<ServerMessage> ahead = Optional.empty();

  MessageIterator(Supplier<Optional<ServerMessage>> source) {
    this.source = source;
  }

  @Override
  public boolean hasNext() {
    if (ahead.isEmpty()) {
      ahead = source.get();
    }
    return ahead.isPresent();
  }

  @Override
  public ServerMessage next() {
    if (!hasNext()) {
      throw new NoSuchElementException("the conversation is over");
    }
    ServerMessage message = ahead.orElseThrow();
    ahead = Optional.empty();
    return message;
  }
}
