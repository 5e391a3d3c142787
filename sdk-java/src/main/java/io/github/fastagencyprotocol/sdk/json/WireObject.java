package io.github.fastagencyprotocol.sdk.json;

import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Something that stands on the wire as a JSON object. */
public interface WireObject {
  /**
   * Returns the object as it stands on the wire, under the spec's names. Any mapper of Jackson's
   * writes it like this.
   *
   * @return a new tree, but for what was free JSON already
   */
  @JsonValue
  ObjectNode toJson();
}
