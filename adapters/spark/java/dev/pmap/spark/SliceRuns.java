package dev.pmap.spark;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.zip.CRC32;
import org.apache.spark.api.java.function.Function2;
import scala.Tuple2;

/** The sorted runs of a task, cut by keys: slices, each with its place among all of them. */
final class SliceRuns implements Function2<Integer, Iterator<byte[]>, Iterator<Tuple2<Long, byte[]>>> {
  private static final long serialVersionUID = 1;
  private static final String CANNOT_REPEAT = "Cannot repeat a chunk: a machine that had its groups was lost, and the script"
      + " now makes others of the same records\nA script that gives the same output for the same record can be repeated;"
      + " ctx.random() is repeatable, Math.random() is not";

  private final StageSpec spec;
  /** The keys, as JSON. */
  private final String cuts;
  /** By task: what its runs were known by. */
  private final List<String> kept;

  SliceRuns(StageSpec spec, String cuts, List<String> kept) {
    this.spec = spec;
    this.cuts = cuts;
    this.kept = kept;
  }

  @Override public Iterator<Tuple2<Long, byte[]>> call(Integer task, Iterator<byte[]> elements) throws Exception {
    elements.next();
    if (elements.hasNext()) return new Slices(task, slicesOf(elements.next()), elements);
    check(task, RunFiles.NONE);
    return Collections.emptyIterator();
  }

  private JsonNode slicesOf(byte[] index) throws IOException, InterruptedException {
    ObjectNode asked = Frame.JSON.createObjectNode().put("type", "cut");
    asked.set("runs", Frame.JSON.readTree(index).path("runs"));
    asked.set("cuts", Frame.JSON.readTree(cuts));
    try (StageLease lease = StageProcess.take(spec)) {
      lease.stage.send(Frame.of(asked).toBytes());
      JsonNode answer = lease.stage.receive().json();
      lease.giveBack();
      return answer.path("slices");
    }
  }

  private void check(int task, String known) {
    if (!known.equals(kept.get(task))) throw new UncheckedIOException(new StageException(CANNOT_REPEAT));
  }

  private final class Slices implements Iterator<Tuple2<Long, byte[]>> {
    private final int task;
    private final JsonNode places;
    private final Iterator<byte[]> runs;
    private final Deque<Tuple2<Long, byte[]>> ready = new ArrayDeque<>();
    private final CRC32 crc = new CRC32();
    private long bytes;
    private int run;

    Slices(int task, JsonNode places, Iterator<byte[]> runs) {
      this.task = task;
      this.places = places;
      this.runs = runs;
    }

    @Override public boolean hasNext() {
      while (ready.isEmpty() && runs.hasNext()) cut(runs.next());
      return !ready.isEmpty();
    }

    @Override public Tuple2<Long, byte[]> next() {
      return ready.remove();
    }

    private void cut(byte[] sorted) {
      crc.update(sorted, 0, sorted.length);
      bytes += sorted.length;
      JsonNode own = places.path(run);
      for (int range = 0; range < own.size() / 2; range++) {
        byte[] slice = Arrays.copyOfRange(sorted, own.path(2 * range).asInt(), own.path(2 * range + 1).asInt());
        if (slice.length > 0) ready.add(new Tuple2<>(ByRange.placeOf(range, task, run), slice));
      }
      run++;
      if (!runs.hasNext()) check(task, RunFiles.known(bytes, crc));
    }
  }
}
