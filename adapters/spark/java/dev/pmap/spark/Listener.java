package dev.pmap.spark;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorAdded;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.SparkListenerTaskStart;
import org.apache.spark.scheduler.TaskInfo;

/** Tells pmap of executors that come and go, and of attempts that begin, fail, or come to nothing. */
final class Listener extends SparkListener {
  /** Spark's words where it has let go of an executor that had nothing to do. */
  private static final String LET_GO = "Executor killed by driver";

  private final int cpusOfTask;
  private final Map<String, Integer> cores = new HashMap<>();
  /** By stage, of those whose tasks pmap knows. */
  private final Map<Integer, Integer> waves = new HashMap<>();

  Listener(JavaSparkContext spark) {
    cpusOfTask = Math.max(1, spark.getConf().getInt("spark.task.cpus", 1));
  }

  @Override public void onExecutorAdded(SparkListenerExecutorAdded added) {
    cores.put(added.executorId(), added.executorInfo().totalCores());
    tellSlots();
    tellExecutor(added.executorId(), added.executorInfo().executorHost(), added.executorInfo().totalCores() / cpusOfTask);
  }

  @Override public void onExecutorRemoved(SparkListenerExecutorRemoved removed) {
    cores.remove(removed.executorId());
    tellSlots();
    Driver.tell(Driver.head("lost").put("executor", removed.executorId()).put("reason", removed.reason())
        .put("expected", removed.reason().startsWith(LET_GO)));
  }

  @Override public void onJobStart(SparkListenerJobStart start) {
    Driver.begun();
  }

  @Override public void onStageSubmitted(SparkListenerStageSubmitted submitted) {
    String wave = submitted.properties() == null ? null : submitted.properties().getProperty(Driver.WAVE);
    // What only brings slices to a shuffle is Spark's own.
    if (wave != null && submitted.stageInfo().shuffleDepId().isEmpty())
      waves.put(submitted.stageInfo().stageId(), Integer.parseInt(wave));
  }

  @Override public void onTaskStart(SparkListenerTaskStart start) {
    Integer wave = waves.get(start.stageId());
    if (wave != null) Driver.tell(about("begun", start.taskInfo()).put("wave", wave).put("index", start.taskInfo().index()));
  }

  @Override public void onTaskEnd(SparkListenerTaskEnd end) {
    if (end.taskInfo() == null || end.taskInfo().successful()) return;
    if (end.taskInfo().killed()) Driver.tell(about("dropped", end.taskInfo()));
    else Driver.tell(about("attempt", end.taskInfo())
        .put("nth", end.taskInfo().attemptNumber() + 1)
        .put("reason", Driver.reasonOf(String.valueOf(end.reason()))));
  }

  private static ObjectNode about(String type, TaskInfo task) {
    return Driver.head(type).put("attempt", task.taskId()).put("executor", task.executorId()).put("host", task.host());
  }

  static void tellExecutor(String name, String host, int slots) {
    Driver.tell(Driver.head("executor").put("executor", name).put("host", host).put("slots", slots));
  }

  private void tellSlots() {
    int slots = 0;
    for (int each : cores.values()) slots += each / cpusOfTask;
    if (slots > 0) Driver.tell(Driver.head("slots").put("count", slots));
  }
}
