package dev.pmap.spark;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What a stage says to a task: outputs, then one answer, which is the end marker. Without it the attempt has failed. */
final class Answer {
  /** An array of Java's has no room for more. */
  private static final long MOST_BYTES = 1L << 30;

  /** Where the task's sorted runs are, where it has any. */
  final Frame runs;
  /** The file that has the outputs; null where they are here. */
  private final String part;
  private final StageProcess stage;
  private final byte[] head;
  private final List<byte[]> pieces;
  private final int bytes;

  private Answer(StageProcess stage, String part, Frame runs, byte[] head, List<byte[]> pieces, int bytes) {
    this.stage = stage;
    this.part = part;
    this.runs = runs;
    this.head = head;
    this.pieces = pieces;
    this.bytes = bytes;
  }

  /** Has a stage do a task. @param part takes its outputs; null where they come along */
  static Answer of(StageProcess stage, byte[] task, PartFile part) throws IOException, InterruptedException {
    stage.send(task);
    List<byte[]> pieces = new ArrayList<>();
    long bytes = 0;
    Frame runs = null;
    for (;;) {
      Frame reply = stage.receive();
      if (part != null && reply.is("output")) {
        part.write(reply.body);
        continue;
      }
      pieces.add(reply.body);
      bytes += reply.body.length;
      if (bytes > MOST_BYTES) {
        throw new StageException("Cannot send what a task has printed: it is more than 1 GB"
            + "\nGive shorter tasks: --conf spark.pmap.taskBytes=1m");
      }
      if (reply.is("runs")) runs = reply;
      else if (!reply.is("output")) {
        return new Answer(stage, part == null ? null : part.finish(), runs, reply.head, pieces, (int) bytes);
      }
    }
  }

  static byte[] broken(StageProcess.Broken why) {
    ObjectNode broken = Frame.JSON.createObjectNode().put("type", "broken").put("message", why.getMessage());
    return Frame.of(broken).toBytes();
  }

  /** All of it as one frame for pmap. @param kept what the task's runs are known by; null where none are kept */
  byte[] toBytes(String kept) throws IOException {
    ObjectNode about = Frame.JSON.createObjectNode().put("type", "answer").put("stage", stage.name).put("runtime", stage.runtime);
    if (kept != null) about.put("kept", kept);
    if (part != null) about.put("part", part);
    String open = about.toString();
    ByteArrayOutputStream all = new ByteArrayOutputStream(head.length + open.length() + 16);
    // The answer's own head is passed on as it is: it may be long.
    all.write((open.substring(0, open.length() - 1) + ",\"answer\":").getBytes(StandardCharsets.UTF_8));
    all.write(head);
    all.write('}');
    return Frame.toBytes(all.toByteArray(), pieces, bytes);
  }
}
