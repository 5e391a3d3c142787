package io.github.fastagencyprotocol.sdk;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * A server on the loopback interface that does on its sockets what a test's script says, down to
 * the bytes. Closing it fails when a script failed.
 */
final class FakeServer implements AutoCloseable {
  static final String UUID = "6f1ed002-ab5f-4d3e-9b6a-7c1d2e3f4a5b";

  /** The name of its threads. */
  static final String THREADS = "fake-server";

  private static final String INITIATED =
      "{\"user_id\":null,\"workflow_uuid\":\"" + UUID + "\",\"name\":\"w\",\"params\":{\"n\":1}}";

  /** What a test does with an opened WebSocket, from the server's side. */
  interface Script {
    void run(Peer peer) throws IOException;
  }

  record Request(String method, String path, Map<String, String> headers, String body) {}

  record Response(int status, String headers, byte[] body) {
    static Response of(int status, String body) {
      return new Response(status, "", body.getBytes(StandardCharsets.UTF_8));
    }
  }

  final List<Request> requests = new CopyOnWriteArrayList<>();
  private final ServerSocket listening;
  private final ExecutorService threads =
      Executors.newCachedThreadPool(task -> new Thread(task, THREADS));
  private final List<Socket> connections = new CopyOnWriteArrayList<>();
  private final List<Throwable> faults = new CopyOnWriteArrayList<>();
  private final Script script;
  private Function<Request, Response> rest = FakeServer::usual;
  private String subprotocol = "";

  FakeServer(Script script) throws IOException {
    this.script = script;
    listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    threads.execute(this::accept);
  }

  FakeServer answering(Function<Request, Response> answers) {
    rest = answers;
    return this;
  }

  /** Has it advertise {@code fastagency.v1}, and take it on every socket. */
  FakeServer withSessions() {
    return advertisingSessions().taking(SessionProtocol.SUBPROTOCOL);
  }

  /** Has it advertise {@code fastagency.v1}, whatever it takes on its sockets. */
  FakeServer advertisingSessions() {
    String initiated = MessageCodec.encode(SessionFrames.INITIATED);
    return answering(request -> Response.of(200, initiated));
  }

  /** Has it answer an offer with a subprotocol; the empty one takes none. */
  FakeServer taking(String subprotocol) {
    this.subprotocol = subprotocol;
    return this;
  }

  /** Returns the requests that opened WebSockets, or would have. */
  List<Request> sockets() {
    return requests.stream().filter(request -> request.path().endsWith("/ws")).toList();
  }

  String url() {
    return "http://127.0.0.1:" + listening.getLocalPort();
  }

  static Response usual(Request request) {
    return Response.of(200, request.method().equals("GET") ? "[]" : INITIATED);
  }

  @Override
  public void close() throws IOException {
    listening.close();
    for (Socket connection : connections) {
      connection.close();
    }
    threads.shutdown();
    try {
      if (!threads.awaitTermination(20, TimeUnit.SECONDS)) {
        throw new AssertionError("a script of the fake server did not end");
      }
    } catch (InterruptedException error) {
      throw new AssertionError("interrupted", error);
    }
    for (Throwable fault : faults) {
      throw new AssertionError("a script of the fake server failed", fault);
    }
  }

  private void accept() {
    while (!listening.isClosed()) {
      try {
        Socket connection = listening.accept();
        connections.add(connection);
        threads.execute(() -> serve(connection));
      } catch (IOException closed) {
        return;
      }
    }
  }

  private void serve(Socket connection) {
    try (connection) {
      DataInputStream in = new DataInputStream(connection.getInputStream());
      for (Request request = read(in); request != null; request = read(in)) {
        requests.add(request);
        Response response = rest.apply(request);
        if (!request.path().endsWith("/ws") || response.status() != 200) {
          write(connection, response);
          continue;
        }
        upgrade(connection, request);
        script.run(new Peer(connection, in));
        return;
      }
    } catch (IOException gone) {
      // The client went away, which is for the test to judge.
    } catch (Throwable fault) {
      faults.add(fault);
    }
  }

  private static void write(Socket connection, Response response) throws IOException {
    String head =
        "HTTP/1.1 " + response.status() + " Said\r\nContent-Length: " + response.body().length;
    connection
        .getOutputStream()
        .write((head + "\r\n" + response.headers() + "\r\n").getBytes(StandardCharsets.UTF_8));
    connection.getOutputStream().write(response.body());
  }

  private static Request read(InputStream in) throws IOException {
    String line = line(in);
    if (line.isEmpty()) {
      return null;
    }
    String[] first = line.split(" ");
    Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (line = line(in); !line.isEmpty(); line = line(in)) {
      headers.put(line.split(": ", 2)[0], line.split(": ", 2)[1]);
    }
    int length = Integer.parseInt(headers.getOrDefault("Content-Length", "0"));
    String body = new String(in.readNBytes(length), StandardCharsets.UTF_8);
    return new Request(first[0], first[1], headers, body);
  }

  private static String line(InputStream in) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int next = in.read(); next >= 0 && next != '\n'; next = in.read()) {
      bytes.write(next);
    }
    return bytes.toString(StandardCharsets.UTF_8).stripTrailing();
  }

  private void upgrade(Socket connection, Request request) throws IOException {
    String key = request.headers().get("Sec-WebSocket-Key");
    String head =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Accept: "
            + accept(key)
            + (subprotocol.isEmpty() ? "" : "\r\nSec-WebSocket-Protocol: " + subprotocol)
            + "\r\n\r\n";
    connection.getOutputStream().write(head.getBytes(StandardCharsets.UTF_8));
  }

  private static String accept(String key) {
    try {
      byte[] salted =
          (key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").getBytes(StandardCharsets.UTF_8);
      return Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-1").digest(salted));
    } catch (NoSuchAlgorithmException error) {
      throw new IllegalStateException(error);
    }
  }
}
