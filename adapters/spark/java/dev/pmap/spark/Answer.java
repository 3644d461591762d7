package dev.pmap.spark;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;

/** What a stage says to a task: outputs, then one answer, which is the end marker. Without it the attempt has failed. */
final class Answer {
  /** Of what is printed so much comes along; more is held by the executor until it is asked for, and so are rejects. */
  private static final int INLINE_BYTES = 1 << 19;

  /** Where the task's sorted runs are, where it has any. */
  final Frame runs;
  /** What is told of the output, where it does not come along. */
  private final ObjectNode about = Frame.JSON.createObjectNode().put("type", "answer");
  private final byte[] head;
  private final List<byte[]> pieces;

  private Answer(StageProcess stage, Printed printed, List<byte[]> pieces) {
    about.put("stage", stage.name).put("runtime", stage.runtime);
    about.put("attempt", TaskContext.get().taskAttemptId()).put("executor", SparkEnv.get().executorId());
    about.put("host", SparkEnv.get().blockManager().blockManagerId().host());
    runs = printed.runs;
    head = printed.answer.head;
    this.pieces = pieces;
    pieces.add(printed.answer.body);
  }

  /** Has a stage do a task. @param part takes its outputs; null where they come along, or are held */
  static Answer of(StageProcess stage, byte[] task, PartFile part) throws IOException {
    stage.send(task);
    Printed printed = new Printed(stage, part);
    Deque<Frame> first = new ArrayDeque<>();
    String held = null;
    for (long bytes = 0; printed.hasNext();) {
      Frame frame = printed.next();
      first.add(frame);
      bytes += frame.body.length;
      if (bytes > INLINE_BYTES || frame.is("rejects")) held = HeldOutput.put(behind(first, printed));
    }
    List<byte[]> pieces = new ArrayList<>();
    for (Frame frame : first) pieces.add(frame.body);
    Answer answer = new Answer(stage, printed, pieces);
    if (held != null && printed.answer.is("done")) answer.about.put("held", held);
    else if (held != null) HeldOutput.drop(held);
    String file = part == null ? null : part.finish();
    if (file != null) answer.about.put("part", file);
    return answer;
  }

  /** Frames as bytes: some that are let go as they are taken, then others. */
  private static Iterator<byte[]> behind(Deque<Frame> first, Iterator<Frame> others) {
    return new Iterator<byte[]>() {
      @Override public boolean hasNext() {
        return !first.isEmpty() || others.hasNext();
      }

      @Override public byte[] next() {
        return (first.isEmpty() ? others.next() : first.poll()).toBytes();
      }
    };
  }

  static byte[] broken(StageProcess.Broken why) {
    ObjectNode broken = Frame.JSON.createObjectNode().put("type", "broken").put("message", why.getMessage());
    return Frame.of(broken).toBytes();
  }

  /** All of it as one frame for pmap. @param kept what the task's runs are known by; null where none are kept */
  byte[] toBytes(String kept) throws IOException {
    if (kept != null) about.put("kept", kept);
    String open = about.toString();
    ByteArrayOutputStream all = new ByteArrayOutputStream(head.length + open.length() + 16);
    // The answer's own head is passed on as it is: it may be long.
    all.write((open.substring(0, open.length() - 1) + ",\"answer\":").getBytes(StandardCharsets.UTF_8));
    all.write(head);
    all.write('}');
    int bytes = 0;
    for (byte[] piece : pieces) bytes += piece.length;
    return Frame.toBytes(all.toByteArray(), pieces, bytes);
  }
}
