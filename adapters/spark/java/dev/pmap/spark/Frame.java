package dev.pmap.spark;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;

/** A frame, as core/protocol/frames.ts has it: the coordinator's seal, the lengths of head and body, a head as JSON, a body of bytes. */
final class Frame {
  static final ObjectMapper JSON = new ObjectMapper();
  private static final long SEAL = 0x02_6d70L;
  private static final int PREFIX = 16;

  final byte[] head;
  final byte[] body;

  Frame(byte[] head, byte[] body) {
    this.head = head;
    this.body = body;
  }

  static Frame of(Object head) {
    try {
      return new Frame(JSON.writeValueAsBytes(head), new byte[0]);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  JsonNode json() throws IOException {
    return JSON.readTree(head);
  }

  /** Told without parsing a head, which may be long: the type is the first that pmap writes. */
  boolean is(String type) {
    byte[] begin = ("{\"type\":\"" + type + "\"").getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < begin.length; i++) if (i >= head.length || head[i] != begin[i]) return false;
    return true;
  }

  byte[] toBytes() {
    return toBytes(head, Collections.singletonList(body), body.length);
  }

  /** A frame whose body comes in pieces: they are copied once. */
  static byte[] toBytes(byte[] head, List<byte[]> pieces, int bytes) {
    ByteBuffer frame = ByteBuffer.allocate(PREFIX + head.length + bytes).order(ByteOrder.LITTLE_ENDIAN);
    frame.putLong(SEAL).putInt(head.length).putInt(bytes).put(head);
    for (byte[] piece : pieces) frame.put(piece);
    return frame.array();
  }

  /** The next frame; null at a clean end. */
  static Frame read(InputStream from) throws IOException {
    byte[] prefix = new byte[PREFIX];
    int first = from.read();
    if (first == -1) return null;
    prefix[0] = (byte) first;
    try {
      DataInputStream in = new DataInputStream(from);
      in.readFully(prefix, 1, PREFIX - 1);
      ByteBuffer numbers = ByteBuffer.wrap(prefix).order(ByteOrder.LITTLE_ENDIAN);
      if (numbers.getLong() != SEAL) throw new IOException("foreign bytes instead of a frame");
      byte[] head = new byte[numbers.getInt()];
      byte[] body = new byte[numbers.getInt()];
      in.readFully(head);
      in.readFully(body);
      return new Frame(head, body);
    } catch (EOFException e) {
      throw new EOFException("a frame breaks off");
    }
  }
}
