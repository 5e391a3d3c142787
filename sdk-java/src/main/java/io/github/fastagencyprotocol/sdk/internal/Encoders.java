package io.github.fastagencyprotocol.sdk.internal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.function.Function;

/** What generated code makes JSON with. */
public final class Encoders {
  private Encoders() {}

  /** Returns a new object without fields. */
  public static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  /** Returns a list as JSON, its items made by a function. */
  public static <T> ArrayNode list(List<T> items, Function<? super T, ? extends JsonNode> item) {
    ArrayNode array = JsonNodeFactory.instance.arrayNode(items.size());
    for (T value : items) {
      array.add(item.apply(value));
    }
    return array;
  }
}
