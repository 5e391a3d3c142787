package io.github.fastagencyprotocol.sdk;

import java.net.URI;
import java.net.http.WebSocket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** Opens the WebSockets of conversations, with fresh headers each time. */
final class SocketOpener {
  private final Settings settings;

  SocketOpener(Settings settings) {
    this.settings = settings;
  }

  /**
   * Begins to open a WebSocket.
   *
   * @param listener what listens to it
   * @param subprotocol what is offered; null for nothing, which is classic (spec FA-NEG-3)
   * @return the opened WebSocket; fails with a {@link FastAgencyException}
   */
  CompletableFuture<WebSocket> open(ConversationSocket listener, @Nullable String subprotocol) {
    URI uri = settings.endpoints().webSocket();
    WebSocket.Builder builder =
        settings.socketHttp().newWebSocketBuilder().connectTimeout(settings.openTimeout());
    Headers.fresh(settings).forEach(builder::header);
    if (subprotocol != null) {
      builder.subprotocols(subprotocol);
    }
    return builder
        .buildAsync(uri, listener)
        .exceptionally(
            error -> {
              Throwable cause = error instanceof CompletionException ? error.getCause() : error;
              throw Refusals.ofHandshake(uri, cause);
            })
        .thenApply(
            opened -> {
              listener.begin();
              return opened;
            });
  }

  /**
   * Opens a WebSocket and waits for that.
   *
   * @param listener what listens to it
   * @param subprotocol what is offered; null for nothing
   * @throws FastAgencyException when it cannot be opened
   * @throws java.util.concurrent.CancellationException when this thread is interrupted
   */
  void openNow(ConversationSocket listener, @Nullable String subprotocol) {
    CompletableFuture<WebSocket> opening = open(listener, subprotocol);
    try {
      opening.get();
    } catch (ExecutionException error) {
      throw (FastAgencyException) error.getCause();
    } catch (InterruptedException error) {
      // The JDK gives no way to stop it, so what opens after all is cut off again.
      opening.thenAccept(WebSocket::abort);
      throw MessageReader.interrupted();
    }
  }

  /** Returns the exception for a server that does not take what a session needs (spec FA-NEG-4). */
  ServerUnreachableException notTaken() {
    return new ServerUnreachableException(
        settings.endpoints().webSocket() + ": the server did not take fastagency.v1", null);
  }
}
