package dev.pmap.spark;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.io.BytesWritable;
import org.apache.hadoop.io.NullWritable;
import org.apache.hadoop.io.Writable;
import org.apache.hadoop.mapreduce.InputFormat;
import org.apache.hadoop.mapreduce.InputSplit;
import org.apache.hadoop.mapreduce.JobContext;
import org.apache.hadoop.mapreduce.RecordReader;
import org.apache.hadoop.mapreduce.TaskAttemptContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Tasks as Hadoop's splits, of one record each: so Spark knows the machines that have their bytes. Its own call for that takes a
 * type of Scala's, which is another one in each Scala.
 */
public final class TaskInput extends InputFormat<NullWritable, BytesWritable> {
  private static final String WAVE = "pmap.wave";
  /** In the driver only. */
  private static final Map<String, List<Split>> WAVES = new ConcurrentHashMap<>();

  /** @param hosts for each task the machines that have its bytes */
  static JavaRDD<byte[]> of(int wave, List<byte[]> tasks, List<String[]> hosts, JavaSparkContext spark) {
    List<Split> splits = new ArrayList<>();
    for (int i = 0; i < tasks.size(); i++) splits.add(new Split(tasks.get(i), hosts.get(i)));
    String name = String.valueOf(wave);
    Configuration conf = new Configuration(spark.hadoopConfiguration());
    conf.set(WAVE, name);
    WAVES.put(name, splits);
    JavaRDD<byte[]> rdd = spark.newAPIHadoopRDD(conf, TaskInput.class, NullWritable.class, BytesWritable.class)
        .values().map(BytesWritable::copyBytes);
    rdd.getNumPartitions();
    WAVES.remove(name);
    return rdd;
  }

  /** A task, and where it is best run. */
  public static final class Split extends InputSplit implements Writable {
    private byte[] task;
    private String[] hosts = {};

    public Split() {}

    Split(byte[] task, String[] hosts) {
      this.task = task;
      this.hosts = hosts;
    }

    @Override public long getLength() {
      return task.length;
    }

    @Override public String[] getLocations() {
      return hosts;
    }

    @Override public void write(DataOutput out) throws IOException {
      out.writeInt(task.length);
      out.write(task);
    }

    @Override public void readFields(DataInput in) throws IOException {
      task = new byte[in.readInt()];
      in.readFully(task);
    }
  }

  @Override public List<InputSplit> getSplits(JobContext context) {
    return new ArrayList<>(WAVES.get(context.getConfiguration().get(WAVE)));
  }

  @Override public RecordReader<NullWritable, BytesWritable> createRecordReader(InputSplit split, TaskAttemptContext context) {
    BytesWritable task = new BytesWritable(((Split) split).task);
    return new RecordReader<NullWritable, BytesWritable>() {
      private boolean isRead;

      @Override public void initialize(InputSplit s, TaskAttemptContext c) {}

      @Override public boolean nextKeyValue() {
        boolean isFirst = !isRead;
        isRead = true;
        return isFirst;
      }

      @Override public NullWritable getCurrentKey() {
        return NullWritable.get();
      }

      @Override public BytesWritable getCurrentValue() {
        return task;
      }

      @Override public float getProgress() {
        return isRead ? 1 : 0;
      }

      @Override public void close() {}
    };
  }
}
