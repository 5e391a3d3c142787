package io.github.fastagencyprotocol.sdk.internal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.fastagencyprotocol.sdk.json.Omittable;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The fields of a JSON object, read one by one. Absent and null are never the same. */
public final class Fields {
  private final ObjectNode object;

  private Fields(ObjectNode object) {
    this.object = object;
  }

  /** Returns the fields of an object. Throws {@link Mismatch} for JSON that is none. */
  public static Fields of(JsonNode json) {
    return new Fields(Decoders.object(json));
  }

  /** Returns an unmodifiable copy, in the same order. */
  public static Map<String, JsonNode> copyOf(Map<String, JsonNode> fields) {
    return Collections.unmodifiableMap(new LinkedHashMap<>(fields));
  }

  /** Returns the tag of a union, which has to be there. */
  public String tag(String name) {
    return required(name, Decoders::string);
  }

  /** Returns the tag of a union, or what it counts as when it is absent. */
  public String tag(String name, String absent) {
    return optional(name, Decoders::string, absent);
  }

  /** Reads a field that has to be there and cannot be null. */
  public <T> T required(String name, Decoder<T> decoder) {
    return decoded(name, present(name), decoder);
  }

  /** Reads a field that may be absent, with a default for then, and cannot be null. */
  public <T> T optional(String name, Decoder<T> decoder, T absent) {
    JsonNode json = object.get(name);
    return json == null ? absent : decoded(name, json, decoder);
  }

  /** Reads a field that may be absent, which gives null, and cannot be null itself. */
  public <T> @Nullable T optional(String name, Decoder<T> decoder) {
    JsonNode json = object.get(name);
    return json == null ? null : decoded(name, json, decoder);
  }

  /** Reads a field that has to be there and may be null. */
  public <T> @Nullable T nullable(String name, Decoder<T> decoder) {
    JsonNode json = present(name);
    return json.isNull() ? null : decoded(name, json, decoder);
  }

  /** Reads a field that may be null, and may be absent, with a default for then. */
  public <T> @Nullable T nullable(String name, Decoder<T> decoder, @Nullable T absent) {
    JsonNode json = object.get(name);
    if (json == null) {
      return absent;
    }
    return json.isNull() ? null : decoded(name, json, decoder);
  }

  /** Reads a field that may be absent and may be null, which are two things. */
  public <T> Omittable<T> omittable(String name, Decoder<T> decoder) {
    JsonNode json = object.get(name);
    if (json == null) {
      return Omittable.absent();
    }
    return Omittable.of(json.isNull() ? null : decoded(name, json, decoder));
  }

  /** Returns a field of any JSON that has to be there; null is a value like another. */
  public JsonNode any(String name) {
    return present(name);
  }

  /** Returns a field of any JSON that may be absent, with a default for then. */
  public JsonNode any(String name, JsonNode absent) {
    JsonNode json = object.get(name);
    return json == null ? absent : json;
  }

  /**
   * Returns a field of any JSON: Java's null when it is absent, {@link NullNode} when it is null.
   */
  public @Nullable JsonNode anyOrAbsent(String name) {
    return object.get(name);
  }

  /** Returns the fields that do not have one of these names, in their order. */
  public Map<String, JsonNode> others(String... known) {
    Set<String> names = Set.of(known);
    Map<String, JsonNode> others = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      if (!names.contains(field.getKey())) {
        others.put(field.getKey(), field.getValue());
      }
    }
    return others;
  }

  private JsonNode present(String name) {
    JsonNode json = object.get(name);
    if (json == null) {
      throw new Mismatch("is missing").inside(name);
    }
    return json;
  }

  private static <T> T decoded(String name, JsonNode json, Decoder<T> decoder) {
    try {
      if (json.isNull()) {
        throw new Mismatch("must not be null");
      }
      return decoder.decode(json);
    } catch (Mismatch mismatch) {
      throw mismatch.inside(name);
    }
  }
}
