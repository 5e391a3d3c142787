package io.github.fastagencyprotocol.sdk.conformance;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.fastagencyprotocol.sdk.ClientBuilder;
import io.github.fastagencyprotocol.sdk.Conversation;
import io.github.fastagencyprotocol.sdk.ConversationException;
import io.github.fastagencyprotocol.sdk.ConversationRefusedException;
import io.github.fastagencyprotocol.sdk.Cursor;
import io.github.fastagencyprotocol.sdk.Dialect;
import io.github.fastagencyprotocol.sdk.FastAgencyClient;
import io.github.fastagencyprotocol.sdk.FastAgencyException;
import io.github.fastagencyprotocol.sdk.MalformedMessageException;
import io.github.fastagencyprotocol.sdk.MessageCodec;
import io.github.fastagencyprotocol.sdk.NotAskedException;
import io.github.fastagencyprotocol.sdk.Reconnect;
import io.github.fastagencyprotocol.sdk.Reconnect.Verdict;
import io.github.fastagencyprotocol.sdk.RequestRefusedException;
import io.github.fastagencyprotocol.sdk.Retry;
import io.github.fastagencyprotocol.sdk.SdkVersion;
import io.github.fastagencyprotocol.sdk.TextAssembler;
import io.github.fastagencyprotocol.sdk.json.WireObject;
import io.github.fastagencyprotocol.sdk.messages.AnswerAccepted;
import io.github.fastagencyprotocol.sdk.messages.Outcome;
import io.github.fastagencyprotocol.sdk.messages.Question;
import io.github.fastagencyprotocol.sdk.messages.ServerMessage;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeoutException;

/**
 * Carries out the commands of the conformance suite: JSON lines in, one observation out for each.
 */
public final class Driver {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();
  private static final String MESSAGES = ServerMessage.class.getPackageName() + ".";

  private static final Set<String> OF_A_CONVERSATION =
      Set.of("next", "answer", "cancel", "cursor", "connection", "leave");

  private Conversation conversation;
  private TextAssembler texts;

  private Driver() {}

  /** Reads commands until the input ends. */
  public static void main(String[] arguments) throws IOException {
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    Driver driver = new Driver();
    ObjectNode ready = saw("ready").put("subject", "fastagency-sdk for Java");
    ready.put("language", "java").put("version", SdkVersion.VERSION);
    List.of("discover", "converse", "timeout", "decode", "raw_text", "exact_integers", "sessions")
        .forEach(ready.putArray("features")::add);
    for (ObjectNode said = ready; said != null; said = driver.answerTo(in.readLine())) {
      out.print(JSON.writeValueAsString(said) + "\n");
      out.flush();
    }
  }

  private ObjectNode answerTo(String line) throws IOException {
    if (line == null) {
      end();
      return null;
    }
    ObjectNode command = (ObjectNode) JSON.readTree(line);
    String what = command.path("do").asText();
    if (conversation == null && OF_A_CONVERSATION.contains(what)) {
      return saw("unsupported").put("do", what);
    }
    try {
      return switch (what) {
        case "discover" -> discover(command);
        case "start" -> start(command);
        case "resume" -> resume(command);
        case "next" -> next(command);
        case "answer" -> answer(command.path("value"));
        case "cancel" -> cancel(command.path("reason"));
        case "cursor" -> cursor();
        case "connection" ->
            saw("connection").put("connection", conversation.connection().wireValue());
        case "leave" -> leave();
        case "decode" -> decode(command.path("as").asText(), command.path("frame").asText());
        default -> saw("unsupported").put("do", what);
      };
    } catch (FastAgencyException error) {
      return failed(error);
    }
  }

  private ObjectNode discover(JsonNode command) {
    ObjectNode seen = saw("workflows");
    client(command).discovery().forEach(info -> seen.withArray("workflows").add(info.toJson()));
    seen.withArray("workflows");
    return seen;
  }

  private ObjectNode start(ObjectNode command) {
    end();
    ObjectNode params = command.withObject("/params");
    return begun(client(command).start(command.path("workflow").asText(), params));
  }

  private ObjectNode resume(ObjectNode command) {
    end();
    Cursor cursor = Cursor.fromJson(command.path("cursor"));
    boolean fromStart = command.path("from_start").asBoolean();
    return begun(client(command).resume(fromStart ? cursor.fromStart() : cursor));
  }

  private ObjectNode begun(Conversation begun) {
    conversation = begun;
    texts = new TextAssembler();
    return saw("started").put("workflow_uuid", conversation.workflowUuid());
  }

  private ObjectNode next(JsonNode command) {
    Optional<ServerMessage> read;
    try {
      JsonNode timeout = command.path("timeout");
      read =
          timeout.isNumber() ? conversation.next(seconds(timeout.asDouble())) : conversation.next();
    } catch (TimeoutException error) {
      return saw("timeout");
    } catch (MalformedMessageException error) {
      return saw("malformed").put("why", error.getMessage());
    }
    String state = conversation.state().wireValue();
    if (read.isEmpty()) {
      ObjectNode ended = saw("ended").put("state", state);
      ended.put("result", conversation.result().orElse(null));
      if (conversation.cursor().isPresent()) {
        ended.put("outcome", conversation.outcome().map(Outcome::wireValue).orElse(null));
      }
      return ended;
    }
    ServerMessage message = read.get();
    ObjectNode seen = saw("message").put("type", message.type());
    seen.put("known", !(message instanceof ServerMessage.Unknown)).put("state", state);
    seen.set("message", message.toJson());
    if (conversation.cursor().isPresent()) {
      putSession(seen, message);
    }
    return seen.put("raw", conversation.lastFrame().orElseThrow());
  }

  /** Adds what only a conversation of {@code fastagency.v1} has to tell. */
  private void putSession(ObjectNode seen, ServerMessage message) {
    seen.put("connection", conversation.connection().wireValue());
    texts.add(message).ifPresent(text -> seen.put("text", text));
    if (message instanceof AnswerAccepted accepted) {
      seen.put("elsewhere", conversation.answeredElsewhere(accepted));
    } else if (message instanceof Question question) {
      seen.put("open", conversation.isOpen(question));
    }
  }

  private ObjectNode answer(JsonNode value) {
    try {
      Optional<String> id;
      if (value.isArray()) {
        List<String> values = new ArrayList<>();
        value.forEach(item -> values.add(item.asText()));
        id = conversation.answer(values);
      } else {
        id = conversation.answer(value.asText());
      }
      ObjectNode seen = saw("answered");
      id.ifPresent(it -> seen.put("answer_id", it));
      return seen;
    } catch (NotAskedException | ConversationException error) {
      return saw("not_answered").put("error", name(error));
    }
  }

  private ObjectNode cancel(JsonNode reason) {
    if (reason.isTextual()) {
      conversation.cancel(reason.asText());
    } else {
      conversation.cancel();
    }
    return saw("cancelled");
  }

  private ObjectNode cursor() {
    ObjectNode seen = saw("cursor");
    seen.set("cursor", conversation.cursor().map(Cursor::toJson).orElse(null));
    return seen;
  }

  private ObjectNode leave() {
    end();
    return saw("left").put("state", conversation.state().wireValue());
  }

  /** Leaves the conversation. It can still be asked how it ended. */
  private void end() {
    if (conversation != null) {
      conversation.close();
    }
  }

  private static ObjectNode decode(String type, String frame) {
    try {
      WireObject value = MessageCodec.decode(frame, json -> read(type, json));
      String name = value.getClass().getSimpleName();
      // The one type whose own name Java needs for itself.
      ObjectNode seen = saw("decoded").put("type", name.equals("ErrorMessage") ? "Error" : name);
      seen.set("value", value.toJson());
      return seen;
    } catch (MalformedMessageException error) {
      return saw("refused").put("why", error.getMessage());
    }
  }

  private static WireObject read(String type, JsonNode json) {
    try {
      Class<?> kind = Class.forName(MESSAGES + (type.equals("Error") ? "ErrorMessage" : type));
      return (WireObject) kind.getMethod("fromJson", JsonNode.class).invoke(null, json);
    } catch (java.lang.reflect.InvocationTargetException error) {
      throw (RuntimeException) error.getCause();
    } catch (ReflectiveOperationException error) {
      throw new IllegalStateException("there is no type " + type, error);
    }
  }

  private FastAgencyClient client(JsonNode command) {
    JsonNode options = command.path("options");
    Map<String, String> headers = new HashMap<>();
    options
        .path("headers")
        .properties()
        .forEach(it -> headers.put(it.getKey(), it.getValue().asText()));
    int attempts = options.path("retry").path("attempts").asInt(1);
    ClientBuilder builder =
        FastAgencyClient.builder(command.path("url").asText())
            .headers(headers)
            .userId(options.path("user_id").textValue())
            .retry(new Retry(attempts, Duration.ofMillis(250), Duration.ofSeconds(5)));
    builder.reconnect(reconnect(options.path("reconnect")));
    if (options.path("dialect").asText("auto").equals("classic")) {
      builder.dialect(Dialect.CLASSIC);
    }
    if (options.path("max_message_size").isIntegralNumber()) {
      builder.maxMessageSize(options.path("max_message_size").asLong());
    }
    return builder.build();
  }

  private static Reconnect reconnect(JsonNode asked) {
    JsonNode table = asked.path("should_retry");
    return Reconnect.DEFAULT
        .withDelays(
            seconds(asked.path("first_delay").asDouble(0.5)),
            seconds(asked.path("max_delay").asDouble(30)))
        .withShouldRetry(
            (code, reason, attempt) -> {
              JsonNode wanted = table.path(String.valueOf(code));
              if (!wanted.isBoolean()) {
                return Verdict.AS_THE_CODE_SAYS;
              }
              return wanted.booleanValue() ? Verdict.YES : Verdict.NO;
            });
  }

  private static Duration seconds(double seconds) {
    return Duration.ofNanos((long) (seconds * 1e9));
  }

  private ObjectNode failed(FastAgencyException error) {
    ObjectNode seen = saw("failed").put("error", name(error));
    if (error instanceof RequestRefusedException refused) {
      seen.put("status", refused.status()).put("detail", refused.detail());
    } else if (error instanceof ConversationException ended) {
      seen.put("code", ended.code()).put("reason", ended.reason());
      seen.put("state", conversation.state().wireValue());
    }
    if (error instanceof ConversationRefusedException refused) {
      refused.detail().ifPresent(detail -> seen.put("detail", detail));
    }
    return seen;
  }

  private static String name(FastAgencyException error) {
    return error.getClass().getSimpleName().replaceAll("Exception$", "");
  }

  private static ObjectNode saw(String what) {
    return JSON.createObjectNode().put("saw", what);
  }
}
