package dev.pmap.spark;

import java.util.HashMap;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorAdded;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.SparkListenerTaskStart;

/** Tells pmap of executors that come and go, and of attempts that fail. */
final class Listener extends SparkListener {
  private final int cpusOfTask;
  private final Map<String, Integer> cores = new HashMap<>();
  private boolean hasBegun;

  Listener(JavaSparkContext spark) {
    cpusOfTask = Math.max(1, spark.getConf().getInt("spark.task.cpus", 1));
  }

  @Override public void onExecutorAdded(SparkListenerExecutorAdded added) {
    cores.put(added.executorId(), added.executorInfo().totalCores());
    tellSlots();
  }

  @Override public void onExecutorRemoved(SparkListenerExecutorRemoved removed) {
    cores.remove(removed.executorId());
    tellSlots();
    Driver.tell(Driver.head("lost").put("executor", removed.executorId()).put("reason", removed.reason()));
  }

  @Override public void onJobStart(SparkListenerJobStart start) {
    Driver.begun();
  }

  @Override public void onTaskStart(SparkListenerTaskStart start) {
    if (!hasBegun) Driver.tell(Driver.head("begun"));
    hasBegun = true;
  }

  @Override public void onTaskEnd(SparkListenerTaskEnd end) {
    if (end.taskInfo() == null || end.taskInfo().successful() || end.taskInfo().killed()) return;
    Driver.tell(Driver.head("attempt")
        .put("attempt", end.taskInfo().attemptNumber())
        .put("host", end.taskInfo().host())
        .put("executor", end.taskInfo().executorId())
        .put("reason", Driver.reasonOf(String.valueOf(end.reason()))));
  }

  private void tellSlots() {
    int slots = 0;
    for (int each : cores.values()) slots += each / cpusOfTask;
    if (slots > 0) Driver.tell(Driver.head("slots").put("count", slots));
  }
}
