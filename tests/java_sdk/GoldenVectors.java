import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.fastagencyprotocol.sdk.internal.JsonText;
import io.github.fastagencyprotocol.sdk.internal.Mismatch;
import io.github.fastagencyprotocol.sdk.json.WireObject;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;

/** Decodes lines of `{"class": ..., "frame": ...}` with generated classes; writes an observation for each. */
public final class GoldenVectors {
  public static void main(String[] arguments) throws Exception {
    ObjectMapper json = new ObjectMapper();
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      JsonNode task = json.readTree(line);
      ObjectNode seen = json.createObjectNode();
      try {
        Class<?> type = Class.forName(task.get("class").asText());
        JsonNode frame = JsonText.parse(task.get("frame").asText());
        Object value = type.getMethod("fromJson", JsonNode.class).invoke(null, frame);
        seen.put("type", value.getClass().getSimpleName());
        seen.set("value", ((WireObject) value).toJson());
        seen.put("shown", value.toString());
      } catch (Mismatch mismatch) {
        seen.put("refused", mismatch.getMessage());
      } catch (InvocationTargetException error) {
        if (!(error.getCause() instanceof Mismatch)) {
          throw error;
        }
        seen.put("refused", error.getCause().getMessage());
      }
      System.out.println(json.writeValueAsString(seen));
    }
  }
}
