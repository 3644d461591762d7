package dev.pmap.spark;

import java.io.IOException;
import java.util.Collections;
import java.util.Iterator;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.util.TaskCompletionListener;

/**
 * A task whose groups are sorted: its answer, then the index of its runs, then the bytes of each. Spark keeps them on the executor's
 * disk and reads the answer back, which is all that travels.
 */
final class KeepRuns implements FlatMapFunction<Iterator<byte[]>, byte[]> {
  private static final long serialVersionUID = 1;

  private final StageSpec spec;

  KeepRuns(StageSpec spec) {
    this.spec = spec;
  }

  @Override public Iterator<byte[]> call(Iterator<byte[]> tasks) throws Exception {
    try {
      return run(tasks.next(), StageProcess.take(spec));
    } catch (StageProcess.Broken e) {
      return Collections.singleton(Answer.broken(e)).iterator();
    }
  }

  private static Iterator<byte[]> run(byte[] task, StageLease lease) throws IOException, InterruptedException {
    // The stage has the files until they have been read.
    TaskContext.get().addTaskCompletionListener((TaskCompletionListener) context -> lease.close());
    Answer answer = Answer.of(lease.stage, task, null);
    if (answer.runs == null) {
      lease.giveBack();
      return Collections.singleton(answer.toBytes(RunFiles.NONE)).iterator();
    }
    return new RunFiles(lease, answer).elements();
  }
}
