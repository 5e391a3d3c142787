package io.github.fastagencyprotocol.sdk;

import java.io.ByteArrayOutputStream;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a conversation needs of a WebSocket: whole messages out of partial frames, a limit on their
 * size, one end whatever it was, and no more than the reader has room for.
 *
 * <p>The JDK calls a listener from one thread at a time, in order, and only as often as was asked
 * for with {@code request}: while nothing is asked for, nothing is read from the connection.
 */
final class ConversationSocket implements WebSocket.Listener {
  /** What becomes of what arrives. Called from one thread at a time. */
  interface Receiver {
    /** Takes note that the connection is open. Nothing is sent before {@link #begin}. */
    default void opened() {}

    /** Sends what comes first. */
    default void begin() {}

    /** Takes a whole text message. Returns whether there is room for another one. */
    boolean text(String text);

    /** Takes a whole binary message. Returns whether there is room for another message. */
    boolean binary(byte[] data);

    /** Takes the end. Called once. */
    void ended(End end);

    /** Wants nothing of a socket that was opened in vain. */
    Receiver NONE =
        new Receiver() {
          @Override
          public boolean text(String text) {
            return true;
          }

          @Override
          public boolean binary(byte[] data) {
            return true;
          }

          @Override
          public void ended(End end) {}
        };
  }

  private static final int NORMAL_CLOSE = 1000;
  private static final int PROTOCOL_ERROR = 1002;
  private static final int NOT_UTF8 = 1007;
  // The JDK lets a client send neither 1009, which would be the word for it, nor 1007.
  private static final int POLICY_VIOLATION = 1008;
  private static final int TOO_BIG = 1009;
  private static final int NO_PONG = 1011;

  /** How many characters' room is kept for the next message: one that was big is no measure. */
  private static final int KEPT_CAPACITY = 1 << 16;

  private final Function<ConversationSocket, Receiver> receivers;
  private final long maxMessageSize;
  private final Duration closeTimeout;
  private final Heartbeat heartbeat;

  /** Done when it is known how the connection ended. */
  private final CompletableFuture<@Nullable Void> over = new CompletableFuture<>();

  /** Done when the other side has closed, or is gone. */
  private final CompletableFuture<@Nullable Void> closed = new CompletableFuture<>();

  // Of the message that is arriving. Only the listener's methods touch them.
  private final StringBuilder text = new StringBuilder();
  private final ByteArrayOutputStream binary = new ByteArrayOutputStream();
  private long size;

  private volatile @Nullable WebSocket socket;
  private volatile @Nullable Receiver receiver;
  private volatile @Nullable End end;

  /** Whether what still arrives is thrown away, because this side closes. */
  private volatile boolean draining;

  /** The last frame that was queued, when it has gone out. */
  private CompletableFuture<?> queued = CompletableFuture.completedFuture(null);

  /**
   * Makes what listens to a WebSocket that is to be opened.
   *
   * @param receivers says who receives, once it is open and the {@link #subprotocol} is known
   * @param settings the client's
   */
  ConversationSocket(Function<ConversationSocket, Receiver> receivers, Settings settings) {
    this.receivers = receivers;
    this.maxMessageSize = settings.maxMessageSize();
    this.closeTimeout = settings.closeTimeout();
    this.heartbeat =
        new Heartbeat(settings.pingInterval(), this::ping, () -> fail(NO_PONG, NO_PONG));
  }

  /** Returns how the connection ended; null while it has not. */
  @Nullable End end() {
    return end;
  }

  /** Returns the subprotocol that the server has taken; empty for none (spec FA-NEG-2). */
  String subprotocol() {
    return opened().getSubprotocol();
  }

  /**
   * Has the receiver send what comes first. The JDK has to be done with the opening by then: what
   * arrives while it still calls {@code onOpen}, as its answers may, confuses it (seen in 17: an
   * InternalError of {@code acknowledgeReception} ends the connection).
   */
  void begin() {
    receiver().begin();
  }

  /** Says that there is room for messages again. */
  void resume() {
    heartbeat.reading(true);
    opened().request(1);
  }

  /**
   * Sends a text frame, and waits until the JDK has taken it.
   *
   * @throws ExecutionException when the connection has ended
   */
  void send(String frame) throws InterruptedException, ExecutionException {
    opened().sendText(frame, true).get();
  }

  /**
   * Sends a text frame after those that were queued before, without waiting. When it cannot be
   * sent, the connection has ended.
   */
  void queue(String frame) {
    CompletableFuture<?> sent;
    synchronized (over) {
      sent = queued.thenCompose(before -> opened().sendText(frame, true));
      queued = sent;
    }
    sent.exceptionally(this::unsent);
  }

  /**
   * Closes the connection. Waits for the server's own close frame, but not for ever. When the
   * connection has ended already, what ended it closes it too.
   */
  void close() {
    draining = true;
    heartbeat.stop();
    if (end != null) {
      return;
    }
    WebSocket opened = opened();
    opened.request(Long.MAX_VALUE);
    CompletableFuture<?> last;
    synchronized (over) {
      last = queued; // What was queued goes out first: it may be a cancel.
    }
    CompletableFuture<?> sent = last.thenCompose(done -> opened.sendClose(NORMAL_CLOSE, ""));
    try {
      CompletableFuture.allOf(sent, over).get(closeTimeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException | ExecutionException error) {
      cut(); // The server does not answer, or is gone: it is not waited for.
    } catch (InterruptedException error) {
      cut();
      Thread.currentThread().interrupt();
    }
  }

  /** Cuts the connection without a close frame, as the end of what is over already. */
  void cut() {
    finish(End.BROKEN);
    opened().abort();
  }

  @Override
  public void onOpen(WebSocket webSocket) {
    socket = webSocket;
    Receiver chosen = receivers.apply(this);
    receiver = chosen;
    chosen.opened();
    heartbeat.start();
    webSocket.request(1);
  }

  @Override
  public @Nullable CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
    heartbeat.heard();
    if (fits(utf8Length(data)) && !draining) {
      text.append(data);
      if (last) {
        String whole = text.toString();
        reset();
        proceed(webSocket, receiver().text(whole));
        return null;
      }
    }
    webSocket.request(1);
    return null;
  }

  @Override
  public @Nullable CompletionStage<?> onBinary(WebSocket webSocket, ByteBuffer data, boolean last) {
    heartbeat.heard();
    if (fits(data.remaining()) && !draining) {
      byte[] part = new byte[data.remaining()];
      data.get(part);
      binary.writeBytes(part);
      if (last) {
        byte[] whole = binary.toByteArray();
        reset();
        proceed(webSocket, receiver().binary(whole));
        return null;
      }
    }
    webSocket.request(1);
    return null;
  }

  @Override
  public @Nullable CompletionStage<?> onPing(WebSocket webSocket, ByteBuffer message) {
    heartbeat.heard();
    webSocket.request(1); // The JDK itself answers.
    return null;
  }

  @Override
  public @Nullable CompletionStage<?> onPong(WebSocket webSocket, ByteBuffer message) {
    heartbeat.heard();
    webSocket.request(1);
    return null;
  }

  @Override
  public @Nullable CompletionStage<?> onClose(WebSocket webSocket, int code, String reason) {
    closed.complete(null);
    finish(new End(code, reason, false));
    return null; // Now the JDK answers with a close frame of its own.
  }

  @Override
  public void onError(WebSocket webSocket, Throwable error) {
    closed.complete(null);
    if (isCausedBy(error, CharacterCodingException.class)) {
      finish(new End(NOT_UTF8, "", true));
    } else if (error instanceof java.net.ProtocolException) {
      finish(new End(PROTOCOL_ERROR, String.valueOf(error.getMessage()), true));
    } else {
      finish(End.BROKEN);
    }
  }

  private void proceed(WebSocket webSocket, boolean room) {
    heartbeat.reading(room);
    if (room) {
      webSocket.request(1);
    }
  }

  /** Counts what arrived of a message. One that is too big ends the conversation. */
  private boolean fits(long more) {
    if (end != null) {
      return false;
    }
    size += more;
    if (size <= maxMessageSize) {
      return true;
    }
    fail(TOO_BIG, POLICY_VIOLATION);
    return false;
  }

  private void reset() {
    text.setLength(0);
    if (text.capacity() > KEPT_CAPACITY) {
      text.trimToSize();
    }
    binary.reset();
    size = 0;
  }

  private void ping() {
    opened()
        .sendPing(ByteBuffer.allocate(0))
        .whenComplete(
            (sent, error) -> {
              if (error != null) {
                unsent(error);
              }
            });
  }

  /**
   * Nothing can be sent any more. The listener hears of that too, but for one case: the JDK forgets
   * an end without a close frame that comes while nothing is asked for.
   */
  private <T> @Nullable T unsent(Throwable error) {
    cut();
    return null;
  }

  /**
   * Ends the conversation because this side cannot go on. What still arrives is read away for a
   * while: cut off at once with something unread, TCP would take our close frame back.
   */
  private void fail(int code, int sentCode) {
    draining = true;
    WebSocket opened = opened();
    opened.request(Long.MAX_VALUE);
    opened
        .sendClose(sentCode, "")
        .whenComplete(
            (sent, error) -> {
              if (error != null) {
                closed.complete(null);
              }
            });
    finish(new End(code, "", true));
    closed
        .completeOnTimeout(null, closeTimeout.toNanos(), TimeUnit.NANOSECONDS)
        .thenRun(opened::abort);
  }

  private void finish(End how) {
    synchronized (over) {
      if (end != null) {
        return;
      }
      end = how;
    }
    heartbeat.stop();
    receiver().ended(how);
    over.complete(null);
  }

  private Receiver receiver() {
    Receiver chosen = receiver;
    if (chosen == null) {
      throw new IllegalStateException("the WebSocket is not open yet");
    }
    return chosen;
  }

  private WebSocket opened() {
    WebSocket opened = socket;
    if (opened == null) {
      throw new IllegalStateException("the WebSocket is not open yet");
    }
    return opened;
  }

  private static boolean isCausedBy(Throwable error, Class<? extends Throwable> kind) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      if (kind.isInstance(cause)) {
        return true;
      }
    }
    return false;
  }

  private static long utf8Length(CharSequence text) {
    long bytes = 0;
    for (int index = 0; index < text.length(); index++) {
      char letter = text.charAt(index);
      if (letter < 0x80) {
        bytes += 1;
      } else if (letter < 0x800 || Character.isSurrogate(letter)) {
        bytes += 2; // Both halves of a pair make four.
      } else {
        bytes += 3;
      }
    }
    return bytes;
  }
}
