package io.github.fastagencyprotocol.sdk;

import io.github.fastagencyprotocol.sdk.messages.Operation;
import io.github.fastagencyprotocol.sdk.messages.ProtocolInfo;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Makes a {@link FastAgencyClient}. Every setting has a default. */
public final class ClientBuilder {
  private static final long MAX_MESSAGE_SIZE = 16L * 1024 * 1024;

  private final String url;
  private @Nullable HttpClient httpClient;
  private Supplier<Map<String, String>> headers = Map::of;
  private @Nullable String userId;
  private String discoveryPath = Operation.DISCOVERY.path();
  private String initiateWorkflowPath = Operation.INITIATE_WORKFLOW.path();
  private String webSocketPath = ProtocolInfo.WEB_SOCKET_PATH;
  private Duration timeout = Duration.ofSeconds(10);
  private Duration openTimeout = Duration.ofSeconds(10);
  private Duration closeTimeout = Duration.ofSeconds(5);
  private @Nullable Duration pingInterval = Duration.ofSeconds(20);
  private long maxMessageSize = MAX_MESSAGE_SIZE;
  private Retry retry = Retry.DEFAULT;
  private Reconnect reconnect = Reconnect.DEFAULT;
  private Dialect dialect = Dialect.AUTO;
  private Executor executor = ForkJoinPool.commonPool();

  ClientBuilder(String url) {
    this.url = url;
  }

  /**
   * Sets headers for every request and socket.
   *
   * @param headers the values by name
   * @return this
   */
  public ClientBuilder headers(Map<String, String> headers) {
    Map<String, String> copy = Map.copyOf(headers);
    return headers(() -> copy);
  }

  /**
   * Sets what returns the headers. It is called for every request and socket, so that credentials
   * are fresh.
   *
   * @param headers returns the values by name
   * @return this
   */
  public ClientBuilder headers(Supplier<Map<String, String>> headers) {
    this.headers = headers;
    return this;
  }

  /**
   * Sets the user's id, for servers that want one. It opens nothing.
   *
   * @param userId the id, or null for none
   * @return this
   */
  public ClientBuilder userId(@Nullable String userId) {
    this.userId = userId;
    return this;
  }

  /**
   * Sets the path of discovery.
   *
   * @param path the path, below the server's URL
   * @return this
   */
  public ClientBuilder discoveryPath(String path) {
    this.discoveryPath = path;
    return this;
  }

  /**
   * Sets the path that announces a conversation.
   *
   * @param path the path, below the server's URL
   * @return this
   */
  public ClientBuilder initiateWorkflowPath(String path) {
    this.initiateWorkflowPath = path;
    return this;
  }

  /**
   * Sets the path of the WebSocket.
   *
   * @param path the path, below the server's URL
   * @return this
   */
  public ClientBuilder webSocketPath(String path) {
    this.webSocketPath = path;
    return this;
  }

  /**
   * Bounds one request, from the connection to the last byte of the answer. 10 seconds by default.
   *
   * @param timeout the longest time
   * @return this
   */
  public ClientBuilder timeout(Duration timeout) {
    this.timeout = positive(timeout);
    return this;
  }

  /**
   * Bounds the opening of the WebSocket. 10 seconds by default.
   *
   * @param timeout the longest time
   * @return this
   */
  public ClientBuilder openTimeout(Duration timeout) {
    this.openTimeout = positive(timeout);
    return this;
  }

  /**
   * Bounds the closing of the WebSocket, by either side. 5 seconds by default.
   *
   * @param timeout the longest time
   * @return this
   */
  public ClientBuilder closeTimeout(Duration timeout) {
    this.closeTimeout = positive(timeout);
    return this;
  }

  /**
   * Sets how often the connection is pinged. One on which nothing is heard from a ping to the next
   * is lost. 20 seconds by default.
   *
   * @param interval the time between two pings; null sends none
   * @return this
   */
  public ClientBuilder pingInterval(@Nullable Duration interval) {
    this.pingInterval = interval == null ? null : positive(interval);
    return this;
  }

  /**
   * Sets how big a message from the server may be. A bigger one ends the reading. 16 MiB by
   * default.
   *
   * @param bytes the number of bytes
   * @return this
   */
  public ClientBuilder maxMessageSize(long bytes) {
    if (bytes < 1) {
      throw new IllegalArgumentException("maxMessageSize must be at least 1");
    }
    this.maxMessageSize = bytes;
    return this;
  }

  /**
   * Sets when discovery is tried again.
   *
   * @param retry how often, and after how long
   * @return this
   */
  public ClientBuilder retry(Retry retry) {
    this.retry = retry;
    return this;
  }

  /**
   * Sets how conversations of {@code fastagency.v1} come back when their connection ends.
   *
   * @param reconnect after how long, how long at all, and after which close codes
   * @return this
   */
  public ClientBuilder reconnect(Reconnect reconnect) {
    this.reconnect = reconnect;
    return this;
  }

  /**
   * Sets which dialects are spoken. {@link Dialect#AUTO} by default.
   *
   * @param dialect the choice
   * @return this
   */
  public ClientBuilder dialect(Dialect dialect) {
    this.dialect = dialect;
    return this;
  }

  /**
   * Sets what makes requests, for example with a proxy or an SSL context. Sockets are opened with
   * all its settings but its executor. Who sets it closes it, where its JDK can do that.
   *
   * @param httpClient the HTTP client
   * @return this
   */
  public ClientBuilder httpClient(HttpClient httpClient) {
    this.httpClient = httpClient;
    return this;
  }

  /**
   * Sets what calls the subscribers of {@link Conversation#publisher}, the observers of {@link
   * Conversation#onConnection}, and what returns the headers of a conversation that comes back. The
   * common pool by default. It has to hand the work to another thread.
   *
   * @param executor the executor
   * @return this
   */
  public ClientBuilder executor(Executor executor) {
    this.executor = executor;
    return this;
  }

  /**
   * Returns the client.
   *
   * @return a new one
   * @throws IllegalArgumentException when the URL is none, or a path makes it one
   */
  public FastAgencyClient build() {
    HttpClient http = httpClient == null ? HttpClients.create(timeout) : httpClient;
    return new FastAgencyClient(
        new Settings(
            Endpoints.of(url, discoveryPath, initiateWorkflowPath, webSocketPath),
            http,
            httpClient == null ? http : HttpClients.forSockets(http),
            headers,
            userId,
            timeout,
            openTimeout,
            closeTimeout,
            pingInterval,
            maxMessageSize,
            retry,
            reconnect,
            dialect,
            executor));
  }

  private static Duration positive(Duration duration) {
    if (duration.isNegative() || duration.isZero()) {
      throw new IllegalArgumentException("a time must be longer than nothing");
    }
    return duration;
  }
}
