package io.github.fastagencyprotocol.sdk;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.fastagencyprotocol.sdk.internal.Decoders;
import io.github.fastagencyprotocol.sdk.internal.JsonText;
import io.github.fastagencyprotocol.sdk.messages.InitiateWorkflowRequest;
import io.github.fastagencyprotocol.sdk.messages.InitiatedWorkflow;
import io.github.fastagencyprotocol.sdk.messages.WorkflowInfo;
import java.net.URI;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A client of one server. It is immutable, any thread may use it, and many conversations share its
 * one {@link java.net.http.HttpClient}. There is nothing to close: conversations close themselves,
 * and the JDK ends an HTTP client's threads once nothing refers to it any more.
 */
public final class FastAgencyClient {
  private final Settings settings;
  private final RestApi rest;

  FastAgencyClient(Settings settings) {
    this.settings = settings;
    this.rest = new RestApi(settings);
  }

  /**
   * Returns a client with every setting at its default.
   *
   * @param url where the server is, for example {@code http://localhost:8008}: http, https, ws or
   *     wss, with a path prefix if it has one
   * @return the client
   * @throws IllegalArgumentException when {@code url} is none
   */
  public static FastAgencyClient create(String url) {
    return builder(url).build();
  }

  /**
   * Returns a builder for a client with other settings.
   *
   * @param url where the server is, as for {@link #create}
   * @return the builder
   */
  public static ClientBuilder builder(String url) {
    return new ClientBuilder(url);
  }

  /**
   * Returns the workflows that the server offers. A server that cannot be reached or is full is
   * asked again, as the client's {@link Retry} says.
   *
   * @return the workflows, in the server's order
   * @throws ServerUnreachableException when there is no connection, or no answer in time
   * @throws RequestRefusedException when the server answers with an error status
   * @throws MalformedMessageException when it answers with something that is no list of workflows
   * @throws java.util.concurrent.CancellationException when this thread is interrupted
   */
  public List<WorkflowInfo> discovery() {
    int tried = 0;
    while (true) {
      tried++;
      try {
        return rest.discovery();
      } catch (ServerUnreachableException | RequestRefusedException error) {
        Optional<Duration> delay =
            settings.retry().delay(tried, error, ThreadLocalRandom.current()::nextDouble);
        pause(delay.orElseThrow(() -> error));
      }
    }
  }

  /**
   * Starts a workflow without parameters, as {@link #start(String, ObjectNode)} does.
   *
   * @param workflow the workflow's name, as in discovery
   * @return the conversation
   */
  public Conversation start(String workflow) {
    return start(workflow, JsonNodeFactory.instance.objectNode());
  }

  /**
   * Starts a workflow, as {@link #start(String, ObjectNode)} does.
   *
   * @param workflow the workflow's name, as in discovery
   * @param params its parameters: whatever Jackson makes JSON of
   * @return the conversation
   */
  public Conversation start(String workflow, Map<String, ?> params) {
    return start(workflow, Decoders.object(JsonText.tree(params)));
  }

  /**
   * Starts a workflow: announces the conversation, opens its WebSocket, and sends the first frame.
   * Nothing of this is ever repeated by itself (spec FA-NEG-3).
   *
   * @param workflow the workflow's name, as in discovery
   * @param params its parameters, any JSON object
   * @return the conversation, which whoever started it closes
   * @throws RequestRefusedException when the server refuses; 404 says that it has no such workflow
   * @throws ServerUnreachableException when there is no connection, or no answer in time
   * @throws MalformedMessageException when the server's answer is not what it should be
   * @throws IllegalArgumentException for parameters that JSON cannot say, such as NaN
   * @throws java.util.concurrent.CancellationException when this thread is interrupted
   */
  public Conversation start(String workflow, ObjectNode params) {
    InitiatedWorkflow initiated =
        rest.initiate(
            new InitiateWorkflowRequest(
                workflow, UUID.randomUUID().toString(), settings.userId(), params));
    Conversation conversation = new Conversation(initiated, settings);
    open(conversation);
    conversation.begin();
    return conversation;
  }

  private void open(Conversation conversation) {
    URI uri = settings.endpoints().webSocket();
    WebSocket.Builder builder =
        settings.socketHttp().newWebSocketBuilder().connectTimeout(settings.openTimeout());
    Headers.fresh(settings).forEach(builder::header);
    CompletableFuture<WebSocket> opening = builder.buildAsync(uri, conversation.socket());
    try {
      opening.get();
    } catch (ExecutionException error) {
      throw Refusals.ofHandshake(uri, error.getCause());
    } catch (InterruptedException error) {
      // The JDK gives no way to stop it, so what opens after all is cut off again.
      opening.thenAccept(WebSocket::abort);
      throw MessageReader.interrupted();
    }
  }

  private static void pause(Duration delay) {
    try {
      Thread.sleep(delay.toMillis());
    } catch (InterruptedException error) {
      throw MessageReader.interrupted();
    }
  }
}
