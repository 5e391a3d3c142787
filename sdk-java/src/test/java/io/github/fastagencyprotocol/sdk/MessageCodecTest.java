package io.github.fastagencyprotocol.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.fastagencyprotocol.sdk.json.Omittable;
import io.github.fastagencyprotocol.sdk.messages.ContentPart;
import io.github.fastagencyprotocol.sdk.messages.LocationPart;
import io.github.fastagencyprotocol.sdk.messages.MultipleChoice;
import io.github.fastagencyprotocol.sdk.messages.ServerMessage;
import io.github.fastagencyprotocol.sdk.messages.WorkflowStarted;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the vectors leave open. They themselves are judged from Python, with canaries. */
class MessageCodecTest {
  private static String free(String json) {
    WorkflowStarted message =
        (WorkflowStarted)
            MessageCodec.decode(
                Messages.message(
                    "workflow_started",
                    "{\"name\":null,\"description\":null,\"params\":{\"v\":" + json + "}}"));
    return MessageCodec.encode(message).replaceAll(".*\"v\":(.*)\\}\\}.*", "$1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1.0",
        "0.10",
        "1E+400",
        "-0",
        "-0.0",
        "0.1234567890123456789012",
        "123456789012345678901234567890"
      })
  void numbersStayAsTheyCame(String number) {
    assertEquals(number.equals("-0") ? "0" : number.equals("-0.0") ? "0.0" : number, free(number));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"\\ud800\"",
        "\"\\uDC00 x\"",
        "{\"\\ud83d\":1}",
        "[\"\\udd11\\ud83d\"]",
        "\"\ud800\"",
        "01",
        "+1",
        ".5",
        "1.",
        "0x1",
        "'a'",
        "{a:1}",
        "[1,]",
        "[1 2]",
        "1 // x",
        "tru",
        "\u00a01"
      })
  void whatIsNoJsonIsRefused(String json) {
    MalformedMessageException malformed =
        assertThrows(MalformedMessageException.class, () -> free(json));
    assertTrue(malformed.getMessage().startsWith("is not JSON: "), malformed.getMessage());
  }

  @Test
  void anEscapedPairIsACharacter() {
    assertEquals("\"🔑\"", free("\"\\ud83d\\udd11\""));
  }

  @Test
  void nestingAndDigitsAreBounded() {
    assertEquals(450 + 450, free("[".repeat(450) + "]".repeat(450)).length());
    assertThrows(
        MalformedMessageException.class, () -> free("[".repeat(100_000) + "]".repeat(100_000)));
    assertEquals(4000, free("7".repeat(4000)).length());
    assertThrows(MalformedMessageException.class, () -> free("7".repeat(100_000)));
    assertEquals(21_000_002, free("\"" + "x".repeat(21_000_000) + "\"").length());
  }

  @Test
  void theLastOfTwoFieldsOfOneNameCounts() {
    assertEquals("2", free("1,\"v\":2"));
  }

  @Test
  void absentAndNullAreTwoThings() {
    assertEquals(Omittable.absent(), part("{\"type\":\"image\",\"size\":3}").text());
    assertEquals(Omittable.of(null), part("{\"type\":\"image\",\"text\":null}").text());
    ContentPart open = part("{\"type\":\"image\",\"size\":3}");
    assertEquals("{\"type\":\"image\",\"size\":3}", MessageCodec.encode(open));
    assertThrows(UnsupportedOperationException.class, () -> open.otherFields().clear());
  }

  private static ContentPart part(String json) {
    return MessageCodec.decode(json, ContentPart::fromJson);
  }

  @Test
  void integersHaveNoFractionAndAtMost64Bits() {
    assertEquals(new LocationPart.Numeric(Long.MAX_VALUE), number("9223372036854775807"));
    for (String bad : List.of("9223372036854775808", "1.0", "1e2")) {
      assertThrows(MalformedMessageException.class, () -> number(bad), bad);
    }
  }

  private static LocationPart number(String json) {
    return MessageCodec.decode(json, LocationPart::fromJson);
  }

  @Test
  void listsCannotBeChangedAndNothingIsNull() {
    MultipleChoice choice =
        assertInstanceOf(MultipleChoice.class, MessageCodec.decode(Messages.choice("[\"a\"]", "")));
    assertThrows(UnsupportedOperationException.class, () -> choice.content().choices().add("b"));
    assertThrows(
        NullPointerException.class, () -> new ContentPart(null, Omittable.absent(), Map.of()));
  }

  @Test
  void anyMapperOfJacksonsWritesTheWireForm() throws Exception {
    ServerMessage message = MessageCodec.decode(Messages.text("hi"));
    assertEquals(MessageCodec.encode(message), new ObjectMapper().writeValueAsString(message));
  }

  @Test
  void anOmittableSaysWhatItIs() {
    assertEquals("Omittable[x]", Omittable.of("x").toString());
    assertEquals(Omittable.of("x").hashCode(), Omittable.of("x").hashCode());
    assertFalse(Omittable.of(null).equals(Omittable.absent()));
    assertTrue(Omittable.of(null).toOptional().isEmpty());
  }
}
