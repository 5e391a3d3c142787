package io.github.fastagencyprotocol.sdk;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.fastagencyprotocol.sdk.internal.Decoders;
import io.github.fastagencyprotocol.sdk.internal.Encoders;
import io.github.fastagencyprotocol.sdk.internal.Fields;
import io.github.fastagencyprotocol.sdk.internal.JsonText;
import io.github.fastagencyprotocol.sdk.internal.Mismatch;
import io.github.fastagencyprotocol.sdk.json.WireObject;
import java.util.Objects;

/**
 * Where a client stands in a conversation of {@code fastagency.v1}: a small value to be stored, and
 * resumed from. Everything up to {@code afterSeq} has been read, in the log named {@code epoch}
 * (spec FA-RES-1). Its JSON is the same in every language's client.
 *
 * @param workflowUuid the conversation's id
 * @param resumeToken a secret: whoever has it, and is the same user, can open the conversation
 *     (spec FA-SEC-2); {@link #toString} leaves it out
 * @param epoch the name of the log
 * @param afterSeq the last message that was read, 0 for none
 */
public record Cursor(String workflowUuid, String resumeToken, String epoch, long afterSeq)
    implements WireObject {
  /**
   * Checks that nothing is null.
   *
   * @param workflowUuid the field {@code workflow_uuid}
   * @param resumeToken the field {@code resume_token}
   * @param epoch the field {@code epoch}
   * @param afterSeq the field {@code after_seq}
   */
  public Cursor {
    Objects.requireNonNull(workflowUuid, "workflowUuid");
    Objects.requireNonNull(resumeToken, "resumeToken");
    Objects.requireNonNull(epoch, "epoch");
  }

  /**
   * Returns the cursor that {@link #encode} wrote, in this or any other language's client.
   *
   * @param text the JSON
   * @return the cursor
   * @throws IllegalArgumentException when the text is no cursor; the message says why, and never
   *     repeats the text
   */
  public static Cursor decode(String text) {
    JsonNode json;
    try {
      json = JsonText.parse(text);
    } catch (Mismatch mismatch) {
      // Without what Jackson says, which may repeat a part of the secret.
      throw new Mismatch("this is no cursor: it is not JSON");
    }
    return fromJson(json);
  }

  /**
   * Reads it from JSON, strictly: nothing is taken for something else. Fields that are not known
   * are ignored.
   *
   * @param json the JSON
   * @return the cursor
   * @throws IllegalArgumentException when it is something else; the message tells where
   */
  public static Cursor fromJson(JsonNode json) {
    try {
      Fields fields = Fields.of(json);
      return new Cursor(
          fields.required("workflow_uuid", Decoders::string),
          fields.required("resume_token", Decoders::string),
          fields.required("epoch", Decoders::string),
          fields.required("after_seq", Decoders::integer));
    } catch (Mismatch mismatch) {
      throw new Mismatch("this is no cursor: " + mismatch.getMessage());
    }
  }

  /**
   * Returns the cursor as JSON text, to be stored. It holds the secret.
   *
   * @return an object with the four fields, on one line
   */
  public String encode() {
    return MessageCodec.encode(this);
  }

  /**
   * Returns the cursor that gives the whole conversation, as far as the server holds it (spec
   * FA-RES-3): for a second tab, or a page that has nothing any more.
   *
   * @return a cursor after nothing
   */
  public Cursor fromStart() {
    return new Cursor(workflowUuid, resumeToken, epoch, 0);
  }

  @Override
  public ObjectNode toJson() {
    ObjectNode json = Encoders.object();
    json.put("workflow_uuid", workflowUuid);
    json.put("resume_token", resumeToken);
    json.put("epoch", epoch);
    json.put("after_seq", afterSeq);
    return json;
  }

  @Override
  public String toString() {
    return "Cursor[workflowUuid="
        + workflowUuid
        + ", epoch="
        + epoch
        + ", afterSeq="
        + afterSeq
        + "]";
  }
}
