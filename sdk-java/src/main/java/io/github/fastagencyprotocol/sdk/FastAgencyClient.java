package io.github.fastagencyprotocol.sdk;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.fastagencyprotocol.sdk.ConversationSocket.Receiver;
import io.github.fastagencyprotocol.sdk.internal.Decoders;
import io.github.fastagencyprotocol.sdk.internal.JsonText;
import io.github.fastagencyprotocol.sdk.messages.InitiateWorkflowRequest;
import io.github.fastagencyprotocol.sdk.messages.InitiatedWorkflow;
import io.github.fastagencyprotocol.sdk.messages.WorkflowInfo;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;
import java.util.function.Function;

/**
 * A client of one server. It is immutable, any thread may use it, and many conversations share its
 * one {@link java.net.http.HttpClient}. There is nothing to close: conversations close themselves,
 * and the JDK ends an HTTP client's threads once nothing refers to it any more.
 */
public final class FastAgencyClient {
  private static final DoubleSupplier DRAW = () -> ThreadLocalRandom.current().nextDouble();

  private final Settings settings;
  private final RestApi rest;
  private final SocketOpener opener;

  FastAgencyClient(Settings settings) {
    this.settings = settings;
    this.rest = new RestApi(settings);
    this.opener = new SocketOpener(settings);
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
        Optional<Duration> delay = settings.retry().delay(tried, error, DRAW);
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
   * No workflow is ever run a second time by itself (spec FA-NEG-3). On a server that speaks {@code
   * fastagency.v1} the conversation outlives its connections, as the client's {@link Reconnect}
   * says; on every other it ends with the first (see {@link Dialect}).
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
    return new Conversation(speaksSessions(initiated) ? offer(initiated) : classic(initiated));
  }

  /**
   * Takes a conversation up again that a cursor stands in: it goes on after the cursor, or, after
   * {@link Cursor#fromStart}, shows everything that the server still holds (spec FA-RES). Reading
   * throws a {@link ConversationRefusedException} with the code 4010 when the conversation is gone.
   *
   * @param cursor from {@link Conversation#cursor} of this or any other client of the same user
   * @return the conversation, which whoever resumed it closes
   * @throws RequestRefusedException when the server refuses the socket
   * @throws ServerUnreachableException when there is no connection, no answer in time, or the
   *     server speaks classic alone
   * @throws java.util.concurrent.CancellationException when this thread is interrupted
   */
  public Conversation resume(Cursor cursor) {
    SessionDialogue session =
        session(new SessionProtocol(cursor, settings.reconnect(), DRAW, System.nanoTime()));
    ConversationSocket socket =
        openNow(session, it -> SessionSockets.isTaken(it) ? session.receiver(it) : Receiver.NONE);
    if (!SessionSockets.isTaken(socket)) {
      socket.close();
      throw opener.notTaken();
    }
    return new Conversation(session);
  }

  private boolean speaksSessions(InitiatedWorkflow initiated) {
    List<String> spoken = initiated.subprotocols();
    return settings.dialect() == Dialect.AUTO
        && spoken != null
        && spoken.contains(SessionProtocol.SUBPROTOCOL);
  }

  private ClassicDialogue classic(InitiatedWorkflow initiated) {
    ClassicDialogue classic = new ClassicDialogue(initiated, settings);
    opener.openNow(new ConversationSocket(classic::receiver, settings), null);
    classic.begin();
    return classic;
  }

  /** Offers {@code fastagency.v1}, and speaks classic where it is not taken (spec FA-NEG-4). */
  private Dialogue offer(InitiatedWorkflow initiated) {
    SessionDialogue session =
        session(new SessionProtocol(initiated, settings.reconnect(), DRAW, System.nanoTime()));
    ClassicDialogue classic = new ClassicDialogue(initiated, settings);
    ConversationSocket socket =
        openNow(
            session,
            it -> SessionSockets.isTaken(it) ? session.receiver(it) : classic.receiver(it));
    if (SessionSockets.isTaken(socket)) {
      return session;
    }
    classic.begin();
    return classic;
  }

  private SessionDialogue session(SessionProtocol protocol) {
    return new SessionDialogue(protocol, settings, opener);
  }

  private ConversationSocket openNow(
      SessionDialogue session, Function<ConversationSocket, Receiver> receivers) {
    ConversationSocket socket = new ConversationSocket(receivers, settings);
    try {
      opener.openNow(socket, SessionProtocol.SUBPROTOCOL);
      return socket;
    } catch (RuntimeException error) {
      session.close(); // What opens after all finds that nobody wants it.
      throw error;
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
