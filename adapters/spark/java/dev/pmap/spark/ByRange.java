package dev.pmap.spark;

import org.apache.spark.Partitioner;

/** Slices of sorted runs, by their ranges; those of a range come in the order of tasks and of the runs of a task. */
final class ByRange extends Partitioner {
  private static final long serialVersionUID = 1;
  private static final int RUN_BITS = 21;
  private static final int TASK_BITS = 22;

  private final int ranges;

  ByRange(int ranges) {
    this.ranges = ranges;
  }

  static long placeOf(int range, int task, int run) {
    return ((long) range << (TASK_BITS + RUN_BITS)) | ((long) task << RUN_BITS) | run;
  }

  @Override public int numPartitions() {
    return ranges;
  }

  @Override public int getPartition(Object place) {
    return (int) ((Long) place >>> (TASK_BITS + RUN_BITS));
  }
}
