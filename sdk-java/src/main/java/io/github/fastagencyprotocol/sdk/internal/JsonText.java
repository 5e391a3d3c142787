package io.github.fastagencyprotocol.sdk.internal;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Map;

/** JSON as text: strict both ways, so that what JSON cannot say is neither read nor written. */
public final class JsonText {
  /** How deep JSON may nest. Deeper, a reader that descends could run out of stack. */
  static final int DEEPEST = 500;

  /**
   * How many digits a number may have: reading longer ones takes a time that grows with the square.
   */
  static final int MOST_DIGITS = 4300;

  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  // Names from a server are not worth a place in the JVM's own table for ever.
                  .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(DEEPEST)
                          .maxNumberLength(MOST_DIGITS)
                          // The limit of a message bounds these already.
                          .maxStringLength(Integer.MAX_VALUE)
                          .maxNameLength(Integer.MAX_VALUE)
                          .build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          // A double would round, and turn 1e400 into infinity.
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private static final ObjectReader READER = MAPPER.readerFor(JsonNode.class);
  private static final ObjectWriter WRITER = MAPPER.writer();

  private JsonText() {}

  /**
   * Parses one JSON value.
   *
   * @throws Mismatch when the text is no JSON, or holds half of a surrogate pair, which is no
   *     character
   */
  public static JsonNode parse(String text) {
    JsonNode json;
    try {
      json = READER.readTree(text);
    } catch (JsonProcessingException error) {
      throw new Mismatch("is not JSON: " + error.getOriginalMessage());
    }
    if (json.isMissingNode()) {
      throw new Mismatch("is not JSON: it is empty");
    }
    if (mayHoldHalfPairs(text)) {
      check(json);
    }
    return json;
  }

  /**
   * Writes JSON.
   *
   * @throws IllegalArgumentException for what JSON cannot say (spec FA-CLA-7): NaN, infinities,
   *     half of a surrogate pair, objects that are no JSON, and nesting deeper than can be followed
   */
  public static String write(JsonNode json) {
    try {
      check(json);
      return WRITER.writeValueAsString(json);
    } catch (StackOverflowError | JsonProcessingException error) {
      throw new IllegalArgumentException("this cannot be written as JSON", error);
    }
  }

  /**
   * Returns an object as JSON.
   *
   * @throws IllegalArgumentException when Jackson cannot make JSON of it
   */
  public static JsonNode tree(Object value) {
    try {
      return MAPPER.valueToTree(value);
    } catch (StackOverflowError error) {
      throw new IllegalArgumentException("this cannot be written as JSON", error);
    }
  }

  /**
   * Returns whether text can be written as UTF-8: whether every half of a surrogate pair has its
   * other half.
   */
  public static boolean isUnicode(String text) {
    for (int index = 0; index < text.length(); index++) {
      char letter = text.charAt(index);
      if (Character.isSurrogate(letter)) {
        boolean pair =
            index + 1 < text.length() && Character.isSurrogatePair(letter, text.charAt(index + 1));
        if (!pair) {
          return false;
        }
        index++;
      }
    }
    return true;
  }

  private static void check(JsonNode json) {
    switch (json.getNodeType()) {
      case STRING -> checkText(json.textValue());
      case NUMBER -> {
        if (json.isDouble() || json.isFloat()) {
          checkNumber(json.doubleValue());
        }
      }
      case ARRAY -> json.forEach(JsonText::check);
      case OBJECT -> {
        for (Map.Entry<String, JsonNode> field : json.properties()) {
          checkText(field.getKey());
          check(field.getValue());
        }
      }
      case BOOLEAN, NULL -> {
        // There is nothing that could be wrong with them.
      }
      default -> throw new Mismatch("a " + json.getNodeType() + " is not JSON");
    }
  }

  private static void checkText(String text) {
    if (!isUnicode(text)) {
      throw new Mismatch("is not JSON: half of a surrogate pair is no character");
    }
  }

  private static void checkNumber(double value) {
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      throw new Mismatch("is not JSON: " + value);
    }
  }

  /**
   * Says whether a string in the text may hold half of a pair, so that a closer look is worth its
   * time.
   */
  private static boolean mayHoldHalfPairs(String text) {
    return !isUnicode(text) || text.contains("\\ud") || text.contains("\\uD");
  }
}
