package dev.pmap.spark;

import java.util.Collections;
import java.util.Iterator;
import org.apache.spark.api.java.function.FlatMapFunction;

/** What an executor does: it hands its task to a stage, and makes one frame for pmap of what that one answers. */
final class RunTasks implements FlatMapFunction<Iterator<byte[]>, byte[]> {
  private static final long serialVersionUID = 1;

  private final StageSpec spec;

  RunTasks(StageSpec spec) {
    this.spec = spec;
  }

  @Override public Iterator<byte[]> call(Iterator<byte[]> tasks) throws Exception {
    return Collections.singleton(run(tasks.next())).iterator();
  }

  private byte[] run(byte[] task) throws Exception {
    try (StageLease lease = StageProcess.take(spec); PartFile part = PartFile.of(spec)) {
      byte[] answer = Answer.of(lease.stage, task, part).toBytes(null);
      lease.giveBack();
      return answer;
    } catch (StageProcess.Broken e) {
      return Answer.broken(e);
    }
  }
}
