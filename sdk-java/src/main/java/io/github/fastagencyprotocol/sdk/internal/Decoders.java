package io.github.fastagencyprotocol.sdk.internal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Pattern;

/** The decoders of what is no named type. None takes one JSON kind for another. */
public final class Decoders {
  private Decoders() {}

  /** Reads a string. */
  public static String string(JsonNode json) {
    if (!json.isTextual()) {
      throw new Mismatch("must be a string");
    }
    return json.textValue();
  }

  /** Returns a reader of strings that have the shape of a regular expression. */
  public static Decoder<String> string(String shape) {
    Pattern pattern = Pattern.compile(shape);
    return json -> {
      String text = string(json);
      if (!pattern.matcher(text).find()) {
        throw new Mismatch("must match " + shape);
      }
      return text;
    };
  }

  /** Returns a reader of strings of at least so many characters. */
  public static Decoder<String> string(int least) {
    return json -> {
      String text = string(json);
      // A character may be two chars, which JSON Schema counts as one.
      if (text.length() < least || text.codePointCount(0, text.length()) < least) {
        throw new Mismatch("must have at least " + least + " characters");
      }
      return text;
    };
  }

  /** Returns a reader of strings that have a shape, and at least so many characters. */
  public static Decoder<String> string(String shape, int least) {
    Decoder<String> shaped = string(shape);
    Decoder<String> longEnough = string(least);
    return json -> {
      shaped.decode(json);
      return longEnough.decode(json);
    };
  }

  /** Returns a reader of one string, and of no other. */
  public static Decoder<String> constant(String value) {
    return json -> {
      if (!value.equals(json.textValue())) {
        throw new Mismatch("must be '" + value + "'");
      }
      return value;
    };
  }

  /** Reads an integer. A fraction is none, not even 1.0. */
  public static Long integer(JsonNode json) {
    if (!json.isIntegralNumber()) {
      throw new Mismatch("must be an integer");
    }
    if (!json.canConvertToLong()) {
      throw new Mismatch("must be an integer of at most 64 bits");
    }
    return json.longValue();
  }

  /** Reads a number. */
  public static Double number(JsonNode json) {
    if (!json.isNumber()) {
      throw new Mismatch("must be a number");
    }
    double value = json.doubleValue();
    if (Double.isInfinite(value)) {
      throw new Mismatch("must be a number that a double can hold");
    }
    return value;
  }

  /** Reads a boolean. */
  public static Boolean bool(JsonNode json) {
    if (!json.isBoolean()) {
      throw new Mismatch("must be a boolean");
    }
    return json.booleanValue();
  }

  /** Takes any JSON. */
  public static JsonNode any(JsonNode json) {
    return json;
  }

  /** Takes any JSON object. */
  public static ObjectNode object(JsonNode json) {
    if (json instanceof ObjectNode object) {
      return object;
    }
    throw new Mismatch("must be an object");
  }

  /** Returns a reader of lists. */
  public static <T> Decoder<List<T>> list(Decoder<T> item) {
    return json -> {
      if (!json.isArray()) {
        throw new Mismatch("must be a list");
      }
      List<T> items = new ArrayList<>(json.size());
      for (JsonNode node : json) {
        try {
          items.add(item.decode(node));
        } catch (Mismatch mismatch) {
          throw mismatch.inside(Integer.toString(items.size()));
        }
      }
      return Collections.unmodifiableList(items);
    };
  }

  /** Returns an object without fields. */
  public static ObjectNode emptyObject() {
    return JsonNodeFactory.instance.objectNode();
  }

  /** Reads a value from its text, which is valid: the default of a field. */
  public static <T> T value(String text, Decoder<T> decoder) {
    return decoder.decode(JsonText.parse(text));
  }

  /** Returns the fault of a string that is no value of a closed list. */
  public static Mismatch notOneOf(String type) {
    return new Mismatch("must be one of the values of " + type);
  }

  /** Returns the fault of a value that is of none of a union's kinds. */
  public static Mismatch ofNoKind(String type) {
    return new Mismatch("must be of one of the kinds of " + type);
  }
}
