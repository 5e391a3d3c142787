package io.github.fastagencyprotocol.sdk;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.fastagencyprotocol.sdk.internal.Decoders;
import io.github.fastagencyprotocol.sdk.messages.InitiateWorkflowRequest;
import io.github.fastagencyprotocol.sdk.messages.InitiatedWorkflow;
import io.github.fastagencyprotocol.sdk.messages.Operation;
import io.github.fastagencyprotocol.sdk.messages.WorkflowInfo;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/** The two REST operations, each asked once. */
final class RestApi {
  private static final int OK = 200;

  private final Settings settings;

  RestApi(Settings settings) {
    this.settings = settings;
  }

  List<WorkflowInfo> discovery() {
    return ask(
        Operation.DISCOVERY,
        settings.endpoints().discovery(),
        BodyPublishers.noBody(),
        json -> Decoders.list(WorkflowInfo::fromJson).decode(json));
  }

  InitiatedWorkflow initiate(InitiateWorkflowRequest request) {
    return ask(
        Operation.INITIATE_WORKFLOW,
        settings.endpoints().initiateWorkflow(),
        BodyPublishers.ofString(MessageCodec.encode(request)),
        InitiatedWorkflow::fromJson);
  }

  private <T> T ask(
      Operation operation, URI uri, BodyPublisher body, Function<JsonNode, T> result) {
    HttpRequest.Builder request = HttpRequest.newBuilder(uri).method(operation.method(), body);
    if (body.contentLength() != 0) {
      request.setHeader("Content-Type", "application/json");
    }
    Headers.fresh(settings).forEach(request::setHeader);
    HttpResponse<byte[]> response = send(uri, request.build());
    if (response.statusCode() != OK) {
      throw Refusals.of(response.statusCode(), response.headers(), response.body());
    }
    return MessageCodec.decode(text(uri, response.body()), result);
  }

  private HttpResponse<byte[]> send(URI uri, HttpRequest request) {
    CompletableFuture<HttpResponse<byte[]>> answer =
        settings.http().sendAsync(request, BodyHandlers.ofByteArray());
    try {
      // The JDK's own timeout of a request ends with the headers; this one has the body in it.
      return answer.get(settings.timeout().toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException error) {
      answer.cancel(true);
      throw new ServerUnreachableException(uri + ": no answer within " + settings.timeout(), error);
    } catch (ExecutionException error) {
      throw Refusals.unreachable(uri, error.getCause());
    } catch (InterruptedException error) {
      answer.cancel(true);
      throw MessageReader.interrupted();
    }
  }

  private static String text(URI uri, byte[] body) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
    } catch (CharacterCodingException error) {
      throw new MalformedMessageException(
          uri + ": the body is not UTF-8", new String(body, StandardCharsets.UTF_8));
    }
  }
}
