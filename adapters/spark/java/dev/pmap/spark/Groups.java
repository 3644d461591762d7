package dev.pmap.spark;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.rdd.PartitionPruningRDD;
import org.apache.spark.storage.StorageLevel;
import scala.Tuple2;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;
import scala.runtime.AbstractFunction1;

/** Sorted runs on the disks of executors, and their way to where ranges of keys are merged. */
final class Groups {
  private final JavaSparkContext spark;
  private final StageSpec spec;
  /** By wave, in the order of tasks. */
  private final Map<Integer, JavaRDD<byte[]>> waves = new TreeMap<>();
  private JavaPairRDD<Long, byte[]> slices;

  Groups(JavaSparkContext spark, StageSpec spec) {
    this.spark = spark;
    this.spec = spec;
  }

  /** Tasks whose runs stay where they are made. */
  JavaRDD<byte[]> keep(int wave, JavaRDD<byte[]> tasks) {
    JavaRDD<byte[]> kept = tasks.mapPartitions(new KeepRuns(spec)).persist(StorageLevel.DISK_ONLY());
    synchronized (waves) {
      waves.put(wave, kept);
    }
    return kept;
  }

  /** All waves have run: brings the slices of their runs together, by the ranges of keys between the cuts. */
  @SuppressWarnings("unchecked")
  void shuffle(JsonNode cuts, JsonNode kept) {
    List<String> known = new ArrayList<>();
    for (JsonNode each : kept) known.add(each.asText());
    JavaRDD<byte[]> all = spark.union(waves.values().toArray(new JavaRDD[0]));
    JavaRDD<Tuple2<Long, byte[]>> cut = all.mapPartitionsWithIndex(new SliceRuns(spec, cuts.toString(), known), false);
    slices = JavaPairRDD.fromJavaRDD(cut).repartitionAndSortWithinPartitions(new ByRange(cuts.size() + 1));
  }

  /** Some of the ranges, in their order; what they have in common is shuffled once. */
  JavaRDD<byte[]> merge(JsonNode ranges) {
    List<byte[]> asked = new ArrayList<>();
    Set<Integer> wanted = new HashSet<>();
    for (JsonNode range : ranges) {
      wanted.add(range.path("id").asInt());
      asked.add(range.toString().getBytes(StandardCharsets.UTF_8));
    }
    ClassTag<Tuple2<Long, byte[]>> tag = ClassTag$.MODULE$.apply(Tuple2.class);
    return JavaRDD.fromRDD(PartitionPruningRDD.create(slices.rdd(), new Wanted(wanted)), tag)
        .mapPartitions(new MergeRange(spec, asked));
  }

  private static final class Wanted extends AbstractFunction1<Object, Object> implements Serializable {
    private static final long serialVersionUID = 1;
    private final Set<Integer> ranges;

    Wanted(Set<Integer> ranges) {
      this.ranges = ranges;
    }

    @Override public Object apply(Object range) {
      return ranges.contains(range);
    }
  }
}
