package dev.pmap.spark;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.FlatMapFunction;

/** What an executor does: it hands each task to a stage, and makes one frame for pmap of what that one answers. */
final class RunTasks implements FlatMapFunction<Iterator<byte[]>, byte[]> {
  private static final long serialVersionUID = 1;
  /** An array of Java's has no room for more. */
  private static final long MOST_BYTES = 1L << 30;

  private final StageSpec spec;

  RunTasks(StageSpec spec) {
    this.spec = spec;
  }

  @Override public Iterator<byte[]> call(Iterator<byte[]> tasks) throws Exception {
    List<byte[]> answers = new ArrayList<>();
    while (tasks.hasNext()) answers.add(run(tasks.next()));
    return answers.iterator();
  }

  private byte[] run(byte[] task) throws IOException, InterruptedException {
    StageProcess stage;
    try {
      stage = StageProcess.take(spec);
    } catch (StageProcess.Broken e) {
      ObjectNode broken = Frame.JSON.createObjectNode().put("type", "broken").put("message", e.getMessage());
      return Frame.of(broken).toBytes();
    }
    PartFile part = partOf(task);
    try {
      byte[] answer = exchange(stage, task, part);
      stage.giveBack();
      return answer;
    } catch (Throwable e) {
      stage.kill();
      if (part != null) part.abandon();
      throw e;
    }
  }

  /** Null where what is printed comes back. */
  private PartFile partOf(byte[] task) throws IOException {
    if (spec.staging == null) return null;
    int id = Frame.read(new ByteArrayInputStream(task)).json().path("id").asInt();
    return new PartFile(spec.staging, id, TaskContext.get().taskAttemptId(), spec.hadoop());
  }

  /** Outputs, then one answer, which is the end marker: without it the attempt has failed. */
  private static byte[] exchange(StageProcess stage, byte[] task, PartFile part) throws IOException, InterruptedException {
    stage.send(task);
    List<byte[]> pieces = new ArrayList<>();
    long bytes = 0;
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
      if (!reply.is("output")) return answer(stage, reply, part == null ? null : part.finish(), pieces, (int) bytes);
    }
  }

  private static byte[] answer(StageProcess stage, Frame reply, String part, List<byte[]> pieces, int bytes) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream(reply.head.length + 128);
    String where = part == null ? "" : ",\"part\":\"" + part + "\"";
    head.write(("{\"type\":\"answer\",\"stage\":\"" + stage.name + "\"" + where + ",\"answer\":").getBytes(StandardCharsets.UTF_8));
    head.write(reply.head);
    head.write('}');
    return Frame.toBytes(head.toByteArray(), pieces, bytes);
  }
}
