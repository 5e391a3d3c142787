package io.github.fastagencyprotocol.sdk.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.fastagencyprotocol.sdk.MessageCodec;
import io.github.fastagencyprotocol.sdk.messages.ServerMessage;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Measures the codec beside Jackson's own parser and writer, on every valid vector of a known type.
 */
public final class CodecBench {
  private static final JsonMapper BARE = JsonMapper.builder().build();
  private static final int ROUNDS = 5;

  /** What the measured code made, so that the JVM cannot leave it out. */
  private static long sink;

  private final List<String> frames = new ArrayList<>();
  private final List<ServerMessage> messages = new ArrayList<>();
  private final List<JsonNode> values = new ArrayList<>();

  private interface Work {
    void run() throws JsonProcessingException;
  }

  private CodecBench() {}

  /** Takes the folder of the message vectors, and the seconds that all of it may take. */
  public static void main(String[] arguments) throws IOException {
    CodecBench bench = new CodecBench();
    bench.load(Path.of(arguments[0]));
    double seconds = Double.parseDouble(arguments[1]);
    System.out.println(BARE.writeValueAsString(bench.measure(seconds)));
    if (sink == 0) {
      throw new IllegalStateException("nothing was measured");
    }
  }

  private void load(Path folder) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.json")) {
      for (Path file : files) {
        for (JsonNode vector : BARE.readTree(file.toFile()).path("cases")) {
          boolean known = !vector.path("expect_type").asText().equals("Unknown");
          if (vector.path("valid").asBoolean() && known) {
            String frame = vector.path("frame").asText();
            frames.add(frame);
            messages.add(MessageCodec.decode(frame));
            values.add(BARE.readTree(frame));
          }
        }
      }
    }
  }

  private ObjectNode measure(double seconds) throws JsonProcessingException {
    String[] names = {
      "decode_per_second", "bare_decode_per_second", "encode_per_second", "bare_encode_per_second"
    };
    Work[] works = {this::decode, this::decodeBare, this::encode, this::encodeBare};
    double[][] rates = new double[works.length][ROUNDS];
    // The first round only warms the JVM up.
    long share = (long) (seconds * 1e9 / works.length / (ROUNDS + 1));
    for (int round = -1; round < ROUNDS; round++) {
      for (int index = 0; index < works.length; index++) {
        double rate = rate(works[index], share);
        if (round >= 0) {
          rates[index][round] = rate;
        }
      }
    }
    ObjectNode found = BARE.createObjectNode().put("language", "java");
    for (int index = 0; index < names.length; index++) {
      Arrays.sort(rates[index]);
      found.put(names[index], Math.round(rates[index][ROUNDS / 2]));
    }
    return found.put("bare", "jackson-databind into JsonNode");
  }

  private double rate(Work work, long nanos) throws JsonProcessingException {
    long begin = System.nanoTime();
    long passed = 0;
    long done = 0;
    while (passed < nanos) {
      work.run();
      done += frames.size();
      passed = System.nanoTime() - begin;
    }
    return done / (passed / 1e9);
  }

  private void decode() {
    for (String frame : frames) {
      sink += MessageCodec.decode(frame).type().length();
    }
  }

  private void decodeBare() throws JsonProcessingException {
    for (String frame : frames) {
      sink += BARE.readTree(frame).size();
    }
  }

  private void encode() {
    for (ServerMessage message : messages) {
      sink += MessageCodec.encode(message).length();
    }
  }

  private void encodeBare() throws JsonProcessingException {
    for (JsonNode value : values) {
      sink += BARE.writeValueAsString(value).length();
    }
  }
}
