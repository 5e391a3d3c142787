package io.github.fastagencyprotocol.sdk;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** The server's side of one WebSocket, frame by frame. */
final class Peer {
  static final int CONTINUATION = 0;
  static final int TEXT = 1;
  static final int BINARY = 2;
  static final int CLOSE = 8;
  static final int PING = 9;
  static final int PONG = 10;

  /** A frame of the client. */
  record Frame(int opcode, byte[] payload) {
    String text() {
      return new String(payload, StandardCharsets.UTF_8);
    }

    int closeCode() {
      return ((payload[0] & 0xff) << 8) | (payload[1] & 0xff);
    }
  }

  private final Socket connection;
  private final DataInputStream in;

  Peer(Socket connection, DataInputStream in) {
    this.connection = connection;
    this.in = in;
  }

  /** Sends a whole message of a type, with the content as JSON. */
  void say(String type, String content) throws IOException {
    text(Messages.message(type, content));
  }

  void text(String text) throws IOException {
    frame(TEXT, true, text.getBytes(StandardCharsets.UTF_8));
  }

  void frame(int opcode, boolean last, byte[] payload) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write((last ? 0x80 : 0) | opcode);
    if (payload.length < 126) {
      out.write(payload.length);
    } else if (payload.length < 65536) {
      out.write(126);
      out.write(payload.length >> 8);
      out.write(payload.length);
    } else {
      out.write(127);
      for (int shift = 56; shift >= 0; shift -= 8) {
        out.write((int) ((long) payload.length >> shift));
      }
    }
    out.writeBytes(payload);
    raw(out.toByteArray());
  }

  void raw(byte[] bytes) throws IOException {
    connection.getOutputStream().write(bytes);
  }

  /** Sends a close frame and waits for the client's. */
  void close(int code, String reason) throws IOException {
    ByteArrayOutputStream payload = new ByteArrayOutputStream();
    payload.write(code >> 8);
    payload.write(code);
    payload.writeBytes(reason.getBytes(StandardCharsets.UTF_8));
    frame(CLOSE, true, payload.toByteArray());
    Frame last = read();
    while (last.opcode() != CLOSE) {
      last = read();
    }
  }

  /** Ends the connection without a close frame. */
  void drop() throws IOException {
    connection.close();
  }

  /** Reads one frame. */
  Frame read() throws IOException {
    int opcode = in.readUnsignedByte() & 0x0f;
    long length = in.readUnsignedByte() & 0x7f;
    if (length == 126) {
      length = in.readUnsignedShort();
    } else if (length == 127) {
      length = in.readLong();
    }
    byte[] mask = in.readNBytes(4);
    byte[] payload = in.readNBytes((int) length);
    for (int index = 0; index < payload.length; index++) {
      payload[index] ^= mask[index % 4];
    }
    return new Frame(opcode, payload);
  }
}
