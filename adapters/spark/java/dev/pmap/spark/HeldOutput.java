package dev.pmap.spark;

import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.storage.BlockId;
import org.apache.spark.storage.BlockManager;
import org.apache.spark.storage.BlockResult;
import org.apache.spark.storage.StorageLevel;
import org.apache.spark.storage.StreamBlockId;
import scala.Option;
import scala.collection.JavaConverters;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/**
 * What a task has printed, as a block on the disk of its executor, until pmap asks for it piece by piece. As a task's result all of
 * it would be in the driver's memory, several times over.
 */
final class HeldOutput {
  /** Spark has no other use for blocks of this kind here, and packs nothing of them. */
  private static final int STREAM = 0;
  private static final ClassTag<byte[]> BYTES = ClassTag$.MODULE$.apply(byte[].class);

  /** In the driver: what is being fetched. */
  private final Map<String, scala.collection.Iterator<Object>> open = new HashMap<>();
  private String ended;

  /** Holds what this thread's attempt prints. @return what it is known by */
  static String put(Iterator<byte[]> pieces) {
    long attempt = TaskContext.get().taskAttemptId();
    BlockManager blocks = SparkEnv.get().blockManager();
    blocks.putIterator(idOf(attempt), JavaConverters.asScalaIterator(pieces), StorageLevel.DISK_ONLY(), true, BYTES);
    return String.valueOf(attempt);
  }

  /** It is not wanted. */
  static void drop(String held) {
    SparkEnv.get().blockManager().master().removeBlock(idOf(Long.parseLong(held)));
  }

  /** Tells pmap the next piece. */
  void tellNext(String held) {
    if (held.equals(ended)) {
      tell("end", new byte[0]);
      return;
    }
    byte[] piece = null;
    try {
      if (!open.containsKey(held)) open.put(held, find(held));
      scala.collection.Iterator<Object> pieces = open.get(held);
      if (pieces != null && pieces.hasNext()) piece = (byte[]) pieces.next();
    } catch (RuntimeException e) {
      System.err.println("pmap: " + e);
      open.put(held, null);
    }
    if (piece != null) tell("piece", piece);
    else end(held);
  }

  private void end(String held) {
    tell(open.remove(held) == null ? "lost" : "end", new byte[0]);
    ended = held;
    drop(held);
  }

  private static scala.collection.Iterator<Object> find(String held) {
    Option<BlockResult> found = SparkEnv.get().blockManager().get(idOf(Long.parseLong(held)), BYTES);
    return found.isDefined() ? found.get().data() : null;
  }

  private static void tell(String is, byte[] piece) {
    Driver.tell(Driver.head("held").put("is", is), piece);
  }

  private static BlockId idOf(long attempt) {
    return new StreamBlockId(STREAM, attempt);
  }
}
