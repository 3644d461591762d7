package dev.pmap.spark;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedOutputStream;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import scala.Tuple2;

/** A range of keys: its slices, in their order, go to a file, and a stage merges them. */
final class MergeRange implements FlatMapFunction<Iterator<Tuple2<Long, byte[]>>, byte[]> {
  private static final long serialVersionUID = 1;

  private final StageSpec spec;
  /** By partition: what the stage is asked. */
  private final List<byte[]> ranges;

  MergeRange(StageSpec spec, List<byte[]> ranges) {
    this.spec = spec;
    this.ranges = ranges;
  }

  @Override public Iterator<byte[]> call(Iterator<Tuple2<Long, byte[]>> slices) throws Exception {
    TaskContext task = TaskContext.get();
    try (StageLease lease = StageProcess.take(spec); PartFile part = PartFile.of(spec)) {
      File file = new File(lease.stage.folder, "slices-" + task.taskAttemptId());
      ObjectNode asked = (ObjectNode) Frame.JSON.readTree(ranges.get(task.partitionId()));
      asked.put("path", file.getPath());
      write(slices, file, asked.putArray("ends"));
      byte[] answer = Answer.of(lease.stage, Frame.of(asked).toBytes(), part).toBytes(null);
      file.delete();
      lease.giveBack();
      return Collections.singleton(answer).iterator();
    } catch (StageProcess.Broken e) {
      return Collections.singleton(Answer.broken(e)).iterator();
    }
  }

  private static void write(Iterator<Tuple2<Long, byte[]>> slices, File file, ArrayNode ends) throws IOException {
    long end = 0;
    try (OutputStream out = new BufferedOutputStream(new FileOutputStream(file), 1 << 18)) {
      while (slices.hasNext()) {
        byte[] slice = slices.next()._2;
        out.write(slice);
        ends.add(end += slice.length);
      }
    }
  }
}
